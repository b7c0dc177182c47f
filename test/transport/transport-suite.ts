/**
 * What a listener sees of a stream over a real socket that is paused and resumed, floods, ends or
 * breaks, whoever reads it and whoever does its TLS. `tcp.test.ts` says which there are; the one by
 * the host's OpenSSL is in `test/openssl/`.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Duplex } from "node:stream";
import { type TcpListener, listenTcp } from "../../src/transport/tcp-listener.ts";
import type { TlsContext } from "../../src/transport/tls-context.ts";
import type { SecurableTransport } from "../../src/transport/securable-transport.ts";
import type { Transport, TransportListener } from "../../src/transport/transport.ts";
import { Random } from "../../src/util/random.ts";

const open: { stop(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});

interface Peer {
  readonly stream: Duplex;
  reset(): void;
}

interface Accepted {
  readonly port: number;
  /** There once it may be written. */
  readonly accepted: Promise<Transport>;
  readonly closed: Promise<Error | undefined>;
}

interface Wanted {
  onBytes?(transport: Transport, chunk: Uint8Array): boolean;
  onDrain?(transport: Transport): void;
}

/** Accepts one peer; settles when the stream is closed. `context` is undefined without TLS. */
function acceptOne(context: TlsContext | undefined, wanted: Wanted): Accepted {
  const accepted = Promise.withResolvers<Transport>();
  const closed = Promise.withResolvers<Error | undefined>();
  const start = (transport: SecurableTransport) => {
    if (context === undefined) return accepted.resolve(transport);
    transport.startTls(context, undefined, {
      isFirst: true,
      onSecure: () => accepted.resolve(transport),
      onHandshakeFailure: ({ reason }) => accepted.reject(new Error(reason)),
    });
  };
  let isClosed = false;
  const listener: TcpListener = listenTcp("127.0.0.1", 0, (transport) => {
    start(transport);
    return {
      onBytes: (chunk) => wanted.onBytes?.(transport, chunk) ?? false,
      onDrain: () => wanted.onDrain?.(transport),
      onClose: (error) => {
        if (isClosed) throw new Error("closed twice");
        isClosed = true;
        closed.resolve(error);
      },
    } satisfies TransportListener;
  });
  open.push(listener);
  return { port: listener.port, accepted: accepted.promise, closed: closed.promise };
}

function dialer(hasTls: boolean): (port: number) => Peer {
  return (port) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    open.push({ stop: () => socket.destroy() });
    const reset = () => void socket.resetAndDestroy();
    if (!hasTls) return { stream: socket, reset };
    const stream = connectTls({ socket, rejectUnauthorized: false });
    stream.on("error", () => undefined);
    open.push({ stop: () => stream.destroy() });
    return { stream, reset };
  };
}

/** Bytes of which each depends on its place. */
function patternBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + (i >>> 16)) & 255;
  return bytes;
}

const FLOOD_BYTES = 24 * 1024 * 1024;

/** `context` is made when the tests run; undefined for no TLS. */
export function describeTransport(kind: string, context: () => TlsContext | undefined): void {
  describe(`a flooded transport, ${kind},`, () => floodTests(context));
  describe(`a transport, ${kind},`, () => {
    endTests(context);
    sendTests(context);
    exchangeTests(context);
  });
}

type ContextOf = () => TlsContext | undefined;

function helpers(contextOf: ContextOf) {
  return {
    accept: (onBytes: Wanted["onBytes"]) => acceptOne(contextOf(), { onBytes }),
    dial: (port: number) => dialer(contextOf() !== undefined)(port),
  };
}

function floodTests(contextOf: ContextOf): void {
  const { accept, dial } = helpers(contextOf);

  test("hands over every byte in order while it is paused and resumed at random", async () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const sent = patternBytes(FLOOD_BYTES);
    const kept: { readonly at: number; readonly chunk: Uint8Array }[] = [];
    let at = 0;
    let isPaused = false;
    let wrong = -1;
    const { port, closed } = accept((transport, chunk) => {
      if (isPaused) wrong = at;
      if (wrong < 0 && Buffer.compare(sent.subarray(at, at + chunk.length), chunk) !== 0)
        wrong = at;
      const isKept = random.below(4) === 0;
      if (isKept) kept.push({ at, chunk });
      at += chunk.length;
      if (random.below(3) > 0) {
        isPaused = true;
        transport.pause();
        setImmediate(() => {
          isPaused = false;
          transport.resume();
        });
      }
      return isKept;
    });
    dial(port).stream.end(sent);
    expect(await closed, `seed ${seed}`).toBeUndefined();
    expect(wrong, `seed ${seed}: first wrong byte`).toBe(-1);
    expect(at, `seed ${seed}: bytes received`).toBe(FLOOD_BYTES);
    const spoiled = kept.find((one) => {
      return Buffer.compare(sent.subarray(one.at, one.at + one.chunk.length), one.chunk) !== 0;
    });
    expect(spoiled?.at, `seed ${seed}: a chunk that was kept has changed`).toBeUndefined();
  });

  test("gives two busy peers their own bytes", async () => {
    const ends = [1, 2].map((mark) => {
      let count = 0;
      let isMixed = false;
      const peer = accept((transport, chunk) => {
        count += chunk.length;
        isMixed ||= chunk.some((byte) => byte !== mark);
        transport.pause();
        setImmediate(() => transport.resume());
        return false;
      });
      dial(peer.port).stream.end(Buffer.alloc(FLOOD_BYTES / 4, mark));
      return { closed: peer.closed, result: () => ({ count, isMixed }) };
    });
    for (const end of ends) {
      await end.closed;
      expect(end.result()).toEqual({ count: FLOOD_BYTES / 4, isMixed: false });
    }
  });
}

function endTests(contextOf: ContextOf): void {
  const { accept, dial } = helpers(contextOf);

  test("hands over what came before the peer's end, however long it was paused", async () => {
    let count = 0;
    const sentAll = Promise.withResolvers<void>();
    const { port, accepted, closed } = accept((_, chunk) => {
      count += chunk.length;
      return false;
    });
    const peer = dial(port);
    const transport = await accepted;
    transport.pause();
    peer.stream.end(Buffer.alloc(300_000), () => sentAll.resolve());
    await sentAll.promise;
    transport.resume();
    expect(await closed).toBeUndefined();
    expect(count).toBe(300_000);
  });

  test("hears of a reset while it reads", async () => {
    const started = Promise.withResolvers<void>();
    const { port, closed } = accept((transport) => {
      transport.pause();
      setImmediate(() => transport.resume());
      started.resolve();
      return false;
    });
    const peer = dial(port);
    peer.stream.write(Buffer.alloc(FLOOD_BYTES));
    await started.promise;
    peer.reset();
    await closed;
  });

  test("reads no more once it is terminated from within a chunk", async () => {
    let chunksAfter = 0;
    let isTerminated = false;
    const { port, closed } = accept((transport) => {
      if (isTerminated) chunksAfter++;
      isTerminated = true;
      transport.pause();
      transport.terminate();
      transport.resume();
      return false;
    });
    dial(port).stream.write(Buffer.alloc(FLOOD_BYTES));
    await closed;
    expect(chunksAfter).toBe(0);
  });
}

const SENT_BYTES = 12 * 1024 * 1024;

function sendTests(contextOf: ContextOf): void {
  const { dial } = helpers(contextOf);

  test("sends all that was taken, in order, to a peer that reads slowly", async () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const bytes = patternBytes(SENT_BYTES);
    let at = 0;
    let refusals = 0;
    const writeOn = (transport: Transport) => {
      while (at < bytes.length) {
        const wanted = Math.min(1 + random.below(200_000), bytes.length - at);
        const taken = transport.write(bytes, at, wanted);
        at += taken;
        if (taken < wanted) {
          refusals++;
          return;
        }
      }
      transport.end();
    };
    const { port, accepted } = acceptOne(contextOf(), { onDrain: writeOn });
    const { stream } = dial(port);
    stream.pause();
    writeOn(await accepted);
    expect(at, `seed ${seed}: it takes more than there is room for`).toBeLessThan(SENT_BYTES);
    const received: Buffer[] = [];
    for await (const chunk of stream) {
      received.push(chunk as Buffer);
      if (random.below(4) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(refusals, `seed ${seed}`).toBeGreaterThan(0);
    expect(Buffer.concat(received).equals(bytes), `seed ${seed}`).toBe(true);
  });

  test("takes nothing once it is closed, and tells of that once", async () => {
    const { port, accepted, closed } = acceptOne(contextOf(), {});
    const { stream } = dial(port);
    const transport = await accepted;
    stream.resume();
    transport.terminate();
    await closed;
    transport.end();
    transport.terminate();
    transport.pause();
    transport.resume();
    expect(transport.write(new Uint8Array(10), 0, 10)).toBeLessThanOrEqual(0);
  });
}

function exchangeTests(contextOf: ContextOf): void {
  const { dial } = helpers(contextOf);

  test("sends what was taken before it ends itself from within a chunk", async () => {
    const answer = patternBytes(100_000);
    let taken = 0;
    const { port, accepted } = acceptOne(contextOf(), {
      onBytes(transport) {
        taken = transport.write(answer, 0, answer.length);
        transport.end();
        return false;
      },
    });
    const { stream } = dial(port);
    await accepted;
    stream.write("now");
    const received: Buffer[] = [];
    for await (const chunk of stream) received.push(chunk as Buffer);
    expect(taken).toBeGreaterThan(0);
    expect(Buffer.concat(received).equals(answer.subarray(0, taken))).toBe(true);
  });

  test("echoes while both sides send as fast as they can", async () => {
    const bytes = patternBytes(SENT_BYTES);
    const waiting: Uint8Array[] = [];
    const sendOn = (transport: Transport) => {
      for (let chunk = waiting[0]; chunk !== undefined; chunk = waiting[0]) {
        const taken = transport.write(chunk, 0, chunk.length);
        if (taken < chunk.length) {
          waiting[0] = chunk.subarray(Math.max(taken, 0));
          transport.pause();
          return;
        }
        waiting.shift();
      }
      transport.resume();
    };
    const { port } = acceptOne(contextOf(), {
      onBytes(transport, chunk) {
        waiting.push(chunk.slice());
        if (waiting.length === 1) sendOn(transport);
        return false;
      },
      onDrain: sendOn,
    });
    const { stream } = dial(port);
    stream.write(bytes);
    const received: Buffer[] = [];
    let length = 0;
    for await (const chunk of stream) {
      received.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= bytes.length) break;
    }
    expect(Buffer.concat(received).equals(bytes)).toBe(true);
  });
}
