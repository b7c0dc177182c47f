/**
 * Whether this runtime can make a TLS server of an accepted socket, which its documentation does
 * not promise: one handshake with itself over the loopback interface. Run once where TLS is
 * configured, so that the reason is said at start and not to each client.
 */
import type { Socket } from "bun";
import type { TlsContext, TlsOwner } from "./tls-context.ts";
import { messageOf } from "../util/system-error.ts";

const LOOPBACK = "127.0.0.1";
const TIMEOUT_MS = 5000;

/** Rejects with the reason if it cannot. A host without the interface is not asked. */
export async function testTlsUpgrade(context: Pick<TlsContext, "upgrade">): Promise<void> {
  const { promise: outcome, resolve: conclude } = Promise.withResolvers<string>();
  const listener = listen((socket) => {
    socket.data = {
      listener: undefined,
      reportHandshake: (isDone, error) => conclude(isDone ? "" : messageOf(error)),
      reportClose: () => conclude("the connection was closed"),
    };
    try {
      context.upgrade(socket, socket.data, undefined);
    } catch (error) {
      conclude(messageOf(error));
    }
  });
  if (listener === undefined) return;
  const timer = setTimeout(() => conclude("no handshake took place"), TIMEOUT_MS);
  const client = await connect(listener.port);
  const problem = await outcome;
  clearTimeout(timer);
  client?.terminate();
  listener.stop(true);
  if (problem === "") return;
  throw new Error(
    `TLS is not possible with this runtime (Bun ${Bun.version}), which cannot upgrade accepted sockets: ${problem}`,
  );
}

function listen(open: (socket: Socket<TlsOwner>) => void) {
  try {
    const socket = { open, drain() {} };
    return Bun.listen<TlsOwner>({ hostname: LOOPBACK, port: 0, socket });
  } catch {
    return undefined;
  }
}

/** Undefined if there is no connection, which the other side tells. */
async function connect(port: number): Promise<Socket<undefined> | undefined> {
  try {
    return await Bun.connect<undefined>({
      hostname: LOOPBACK,
      port,
      tls: { rejectUnauthorized: false },
      socket: { data() {} },
    });
  } catch {
    return undefined;
  }
}
