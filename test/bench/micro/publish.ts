/**
 * The message path without sockets: chunks go into a client, deliveries end in a transport that
 * takes everything. Prints ns per published message for the shapes of the end-to-end benchmark.
 * Run: bun test/bench/micro/publish.ts
 */
import { defaultOptions } from "../../../src/config/options.ts";
import { Server } from "../../../src/server/server.ts";
import { Logger } from "../../../src/util/logger.ts";
import { connectedClient } from "./measured-client.ts";

const encoder = new TextEncoder();
/** Small enough that no turn ends early and the chunk stays ours. */
const CHUNK_BYTES = 65_536;
const DELIVERIES_PER_CHUNK = 10_000;
const ROUNDS = 100;

async function measure(
  name: string,
  receivers: number,
  subjects: number,
  payloadBytes: number,
): Promise<void> {
  const logger = new Logger({ debug: false, trace: false, logtime: false, logtimeUtc: false });
  const server = new Server(defaultOptions(), logger);
  for (let i = 0; i < receivers; i++) {
    const receiver = await connectedClient(server);
    for (let k = 0; k < subjects; k++) receiver.onBytes(encoder.encode(`SUB b.${k} ${k}\r\n`));
  }
  const publisher = await connectedClient(server);
  const frames: string[] = [];
  let size = 0;
  const maxFrames = Math.max(subjects, DELIVERIES_PER_CHUNK / Math.max(1, receivers));
  while ((size < CHUNK_BYTES && frames.length < maxFrames) || frames.length % subjects !== 0) {
    const frame = `PUB b.${frames.length % subjects} ${payloadBytes}\r\n${"x".repeat(payloadBytes)}\r\n`;
    frames.push(frame);
    size += frame.length;
  }
  const chunk = encoder.encode(frames.join(""));
  const run = (times: number) => {
    for (let i = 0; i < times; i++) {
      publisher.onBytes(chunk);
      server.natsContext.connections.flushQueue.flush();
    }
  };
  run(30);
  const times = Math.ceil(200_000 / frames.length / Math.max(1, receivers));
  let bestNs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run(times);
    bestNs = Math.min(bestNs, ((performance.now() - start) * 1e6) / times / frames.length);
  }

  console.log(`${name.padEnd(36)} ${bestNs.toFixed(1).padStart(9)} ns`);
}

const only = process.argv[2];
const cases: readonly [string, number, number, number][] = [
  ["publish only 16 B", 0, 1, 16],
  ["publish only 128 B", 0, 1, 128],
  ["1 to 1 16 B", 1, 1, 16],
  ["1 to 1 128 B", 1, 1, 128],
  ["1 to 1 4 KiB", 1, 1, 4096],
  ["1 to 10 128 B", 10, 1, 128],
  ["1 to 1 64 B, 1000 subjects", 1, 1000, 64],
  ["1 to 100 64 B", 100, 1, 64],
  ["1 to 1 90 B", 1, 1, 90],
];
for (const [name, receivers, subjects, payloadBytes] of cases) {
  if (only === undefined || name.includes(only)) {
    await measure(name, receivers, subjects, payloadBytes);
  }
}

// Servers that were never started have timers that would keep the process alive.
process.exit(0);
