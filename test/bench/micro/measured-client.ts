/** Clients of the benchmarks without sockets. */
import { NatsClient } from "../../../src/nats/client.ts";
import type { Server } from "../../../src/server/server.ts";
import { MemoryTransport } from "../../support/memory-transport.ts";

/** Takes everything and keeps nothing. */
class NullTransport extends MemoryTransport {
  override write(_bytes: Uint8Array, _offset: number, length: number): number {
    return length;
  }
}

const encoder = new TextEncoder();

/** A client that has logged in: with the first one, what that takes is loaded. */
export async function connectedClient(server: Server): Promise<NatsClient> {
  const client = new NatsClient(server.natsContext, new NullTransport());
  client.greet();
  client.begin();
  const fields = { name: "bench", verbose: false, pedantic: false, headers: true };
  client.onBytes(encoder.encode(`CONNECT ${JSON.stringify(fields)}\r\n`));
  while (client.facts.name === "") await new Promise(setImmediate);
  return client;
}
