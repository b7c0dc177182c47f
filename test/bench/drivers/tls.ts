/**
 * Traffic over TLS: one publisher to one subscriber, and connections that then stay. Called by
 * loadgen.ts.
 */
import { sizedPayload } from "../client.ts";
import { residentBytes } from "../server-process.ts";
import { Stopwatch } from "../stopwatch.ts";
import { TlsClient } from "../tls-client.ts";
import type { TlsConnectionsDrive, TlsFloodDrive } from "../workloads.ts";
import { type Measurement, STALL_MS, type ServerUnderTest } from "./measurement.ts";

const SUBJECT = "b.0";
const FRAME_BYTES = 128 * 1024;
const WARM_UP_MS = 500;
const WARM_UP_SHARE = 0.05;
/** Connections that come before memory is read for the first time. */
const FIRST_CONNECTIONS = 50;
const SETTLE_MS = 1000;

export async function driveTlsFlood(
  drive: TlsFloodDrive,
  server: ServerUnderTest,
): Promise<Measurement> {
  const flood = await TlsFlood.connect(drive, server.port);
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < WARM_UP_MS) {
    await flood.run(drive.messages * WARM_UP_SHARE);
  }
  const stopwatch = new Stopwatch(server.pid);
  const messages = await flood.run(drive.messages);
  return { messages, ...stopwatch.stop() };
}

/** Opens connections with one subscription each; they stay open until this process ends. */
export async function driveTlsConnections(
  drive: TlsConnectionsDrive,
  server: ServerUnderTest,
): Promise<Measurement> {
  const open = async (index: number) => {
    const client = await TlsClient.open(server.port);
    await client.roundTrip(`SUB c.${index} 1\r\n`);
  };
  for (let i = 0; i < FIRST_CONNECTIONS; i++) await open(i);
  await Bun.sleep(SETTLE_MS);
  const bytesBefore = residentBytes(server.pid);
  const stopwatch = new Stopwatch(server.pid);
  for (let i = 0; i < drive.connections; i++) await open(FIRST_CONNECTIONS + i);
  const timing = stopwatch.stop();
  await Bun.sleep(SETTLE_MS);
  const bytesPerMessage = (residentBytes(server.pid) - bytesBefore) / drive.connections;
  return { messages: drive.connections, bytesPerMessage, ...timing };
}

class TlsFlood {
  readonly #publisher: TlsClient;
  readonly #frame: Uint8Array;
  readonly #messagesPerFrame: number;
  readonly #deliveredPerFrame: number;
  #framesLeft: number;
  #sentBytes: number;
  #awaitedBytes: number;
  #onDone: () => void;

  private constructor(drive: TlsFloodDrive, publisher: TlsClient, subscriber: TlsClient) {
    const content = sizedPayload(drive.payloadBytes);
    const publish = `PUB ${SUBJECT} ${content}`;
    this.#publisher = publisher;
    this.#messagesPerFrame = Math.max(1, Math.floor(FRAME_BYTES / publish.length));
    this.#frame = new TextEncoder().encode(publish.repeat(this.#messagesPerFrame));
    this.#deliveredPerFrame = `MSG ${SUBJECT} 1 ${content}`.length * this.#messagesPerFrame;
    this.#framesLeft = 0;
    this.#sentBytes = 0;
    this.#awaitedBytes = 0;
    this.#onDone = () => {};
    subscriber.receiver = {
      onBytes: (chunk) => this.#count(chunk.length),
      onRoom: () => {},
    };
    publisher.receiver = { onBytes: () => {}, onRoom: () => this.#publish() };
  }

  static async connect(drive: TlsFloodDrive, port: number): Promise<TlsFlood> {
    const subscriber = await TlsClient.open(port);
    await subscriber.roundTrip(`SUB ${SUBJECT} 1\r\n`);
    return new TlsFlood(drive, await TlsClient.open(port), subscriber);
  }

  /** Sends at least so many messages and waits for all of them; resolves to the count. */
  async run(messages: number): Promise<number> {
    const frames = Math.ceil(messages / this.#messagesPerFrame);
    this.#awaitedBytes = frames * this.#deliveredPerFrame;
    this.#framesLeft = frames;
    await new Promise<void>((resolve, reject) => {
      const stalled = () => reject(new Error(`stalled, ${this.#awaitedBytes} bytes are missing`));
      let awaited = this.#awaitedBytes;
      const timer = setInterval(() => {
        if (awaited === this.#awaitedBytes) stalled();
        awaited = this.#awaitedBytes;
      }, STALL_MS);
      this.#onDone = () => {
        clearInterval(timer);
        resolve();
      };
      this.#publish();
    });
    return frames * this.#messagesPerFrame;
  }

  #publish(): void {
    while (this.#framesLeft > 0) {
      const taken = this.#publisher.write(this.#frame, this.#sentBytes);
      this.#sentBytes += taken;
      if (this.#sentBytes < this.#frame.length) return;
      this.#sentBytes = 0;
      this.#framesLeft--;
    }
  }

  #count(receivedBytes: number): void {
    this.#awaitedBytes -= receivedBytes;
    if (this.#awaitedBytes <= 0) this.#onDone();
  }
}
