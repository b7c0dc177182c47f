/**
 * Messages with headers on their way through one client to another, without sockets: what looking
 * for trace headers costs. Prints ns per message for header blocks of several lengths, in an
 * account without and with a destination for traces of tracing systems.
 * Run: bun test/bench/micro/header-publish.ts
 */
import { defaultOptions } from "../../../src/config/options.ts";
import { Server } from "../../../src/server/server.ts";
import { Logger } from "../../../src/util/logger.ts";
import { connectedClient } from "./measured-client.ts";

const encoder = new TextEncoder();
/** Small enough that no turn ends early. */
const CHUNK_BYTES = 60_000;
const MESSAGES_PER_ROUND = 200_000;
const ROUNDS = 60;
const PAYLOAD = "x".repeat(32);

const BLOCKS = {
  none: "",
  "12 B": "NATS/1.0\r\n\r\n",
  "37 B": "NATS/1.0\r\nContent-Type: text/json\r\n\r\n",
  "63 B": "NATS/1.0\r\nNats-Msg-Id: 0123456789abcdefghijklmnopqrstuvwxyz\r\n\r\n",
  "185 B": `NATS/1.0\r\n${"Content-Kind: abcabcabcabc\r\n".repeat(6)}X: y\r\n\r\n`,
};

function frameOf(headers: string): string {
  const size = headers.length + PAYLOAD.length;
  const line = headers === "" ? `PUB a ${size}` : `HPUB a ${headers.length} ${size}`;
  return `${line}\r\n${headers}${PAYLOAD}\r\n`;
}

async function measure(name: string, headers: string, hasDestination: boolean): Promise<void> {
  const logger = new Logger({ debug: false, trace: false, logtime: false, logtimeUtc: false });
  const server = new Server(defaultOptions(), logger);
  if (hasDestination) {
    server.broker.globalAccount.messageTrace = { destination: "t", samplingPercent: 100 };
  }
  const receiver = await connectedClient(server);
  receiver.onBytes(encoder.encode("SUB a 1\r\n"));
  const publisher = await connectedClient(server);
  const frame = frameOf(headers);
  const count = Math.floor(CHUNK_BYTES / frame.length);
  const chunk = encoder.encode(frame.repeat(count));
  const run = (times: number) => {
    for (let i = 0; i < times; i++) {
      publisher.onBytes(chunk);
      server.natsContext.connections.flushQueue.flush();
    }
  };
  run(30);
  const times = Math.ceil(MESSAGES_PER_ROUND / count);
  let bestNs = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run(times);
    bestNs = Math.min(bestNs, ((performance.now() - start) * 1e6) / times / count);
  }
  console.log(`${name.padEnd(36)} ${bestNs.toFixed(1).padStart(9)} ns`);
}

for (const [name, headers] of Object.entries(BLOCKS)) {
  await measure(`headers: ${name}`, headers, false);
  await measure(`headers: ${name}, with a destination`, headers, true);
}

// Servers that were never started have timers that would keep the process alive.
process.exit(0);
