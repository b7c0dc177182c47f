/**
 * Publishers that send as fast as the server reads, and subscribers that count bytes. Called
 * by loadgen.ts. Frames of about 128 KiB are built beforehand; nothing received is parsed, since
 * the number of bytes that has to arrive is known. A phase ends when every publisher has its PONG
 * and every delivery has arrived.
 */
import { connectClient, roundTrip, textOf, throwOnError } from "../client.ts";
import { NativeBuffer, Poll, READABLE, WRITABLE } from "../sockets.ts";
import { receive, send, setNonBlocking } from "../sockets.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { FloodDrive } from "../workloads.ts";
import { STALL_MS, warmUp } from "./measurement.ts";
import type { Measurement, ServerUnderTest } from "./measurement.ts";

/**
 * Fits the second-level cache together with the receive buffer; larger frames cost more CPU per
 * byte.
 */
const FRAME_BYTES = 128 * 1024;
const RECEIVE_BYTES = 256 * 1024;
const HEADER_BLOCK = "NATS/1.0\r\nK: v\r\n\r\n";
const PING = NativeBuffer.ofText("PING\r\n");

interface Publisher {
  readonly socket: number;
  framesLeft: number;
  /** How much of the current frame, or of the final PING, has been sent. */
  sentBytes: number;
}

export function driveFlood(drive: FloodDrive, server: ServerUnderTest): Measurement {
  const flood = new Flood(drive, server.port);
  warmUp(drive.messagesPerPublisher, (messages) => flood.run(messages));
  const stopwatch = new Stopwatch(server.pid);
  const messages = flood.run(drive.messagesPerPublisher);
  return { messages, ...stopwatch.stop() };
}

class Flood {
  readonly #drive: FloodDrive;
  readonly #poll = new Poll();
  readonly #received = NativeBuffer.ofSize(RECEIVE_BYTES);
  readonly #publishers: Publisher[] = [];
  readonly #subscribers: number[] = [];
  readonly #frame: NativeBuffer;
  readonly #messagesPerFrame: number;
  readonly #deliveredBytesPerFrame: number;
  #publishersBusy = 0;
  #awaitedBytes = 0;

  constructor(drive: FloodDrive, port: number) {
    this.#drive = drive;
    this.#messagesPerFrame = messagesPerFrame(drive);
    this.#frame = buildFrame(drive, this.#messagesPerFrame);
    this.#deliveredBytesPerFrame = deliveredBytes(drive, this.#messagesPerFrame);
    for (let i = 0; i < drive.publishers; i++) {
      this.#publishers.push({ socket: connectClient(port), framesLeft: 0, sentBytes: 0 });
    }
    for (let i = 0; i < drive.subscribers; i++) {
      const socket = connectClient(port);
      roundTrip(socket, subscribeOperations(drive));
      this.#subscribers.push(socket);
    }
    const sockets = [...this.#publishers.map(({ socket }) => socket), ...this.#subscribers];
    sockets.forEach((socket, tag) => {
      setNonBlocking(socket);
      this.#poll.add(socket, READABLE, tag);
    });
  }

  /** Sends at least so many messages per publisher and waits for all of it; returns the count. */
  run(messagesPerPublisher: number): number {
    const { publishers, subscribers, queue } = this.#drive;
    const frames = Math.ceil(messagesPerPublisher / this.#messagesPerFrame);
    const deliveriesPerMessage = queue ? Math.min(subscribers, 1) : subscribers;
    const framesDelivered = publishers * frames * deliveriesPerMessage;
    this.#awaitedBytes = framesDelivered * this.#deliveredBytesPerFrame;
    this.#publishersBusy = publishers;
    this.#publishers.forEach((publisher, tag) => {
      publisher.framesLeft = frames;
      this.#poll.change(publisher.socket, READABLE | WRITABLE, tag);
    });
    this.#loop();
    return publishers * frames * this.#messagesPerFrame * Math.max(deliveriesPerMessage, 1);
  }

  #loop(): void {
    const poll = this.#poll;
    const publishers = this.#publishers.length;
    while (this.#publishersBusy > 0 || this.#awaitedBytes > 0) {
      const events = poll.wait(STALL_MS);
      if (events === 0) throw new Error(`stalled, ${this.#awaitedBytes} bytes are missing`);
      for (let i = 0; i < events; i++) {
        const tag = poll.tag(i);
        const readiness = poll.readiness(i);
        if (tag >= publishers) this.#countDelivered(this.#subscribers[tag - publishers]!);
        else {
          if ((readiness & ~WRITABLE) !== 0) this.#readAnswer(this.#publishers[tag]!);
          if ((readiness & WRITABLE) !== 0) this.#publish(this.#publishers[tag]!, tag);
        }
      }
    }
  }

  #countDelivered(socket: number): void {
    const received = receive(socket, this.#received, 0);
    if (received <= 0) throw new Error("the server closed the connection of a subscriber");
    this.#awaitedBytes -= received;
  }

  /**
   * One write per readiness, so that reading and writing take turns and buffers stay in the cache.
   */
  #publish(publisher: Publisher, tag: number): void {
    const source = publisher.framesLeft > 0 ? this.#frame : PING;
    const taken = send(publisher.socket, source, publisher.sentBytes, source.bytes.length);
    if (taken < 0) return;
    publisher.sentBytes += taken;
    if (publisher.sentBytes < source.bytes.length) return;
    publisher.sentBytes = 0;
    if (publisher.framesLeft-- === 0) this.#poll.change(publisher.socket, READABLE, tag);
  }

  /** A publisher receives its PONG, the server's own PINGs, or an error. */
  #readAnswer(publisher: Publisher): void {
    const received = receive(publisher.socket, this.#received, 0);
    if (received <= 0) throw new Error("the server closed the connection of a publisher");
    const text = textOf(this.#received, received);
    throwOnError(text);
    if (text.includes("PONG")) this.#publishersBusy--;
  }
}

function messagesPerFrame({ payloadBytes, subjects }: FloodDrive): number {
  const fitting = Math.max(1, Math.floor(FRAME_BYTES / (payloadBytes + 32)));
  return subjects === 1 ? fitting : Math.ceil(fitting / subjects) * subjects;
}

function buildFrame(drive: FloodDrive, messages: number): NativeBuffer {
  const payload = "x".repeat(drive.payloadBytes);
  let frame = "";
  for (let i = 0; i < messages; i++) {
    const subject = `b.${i % drive.subjects}`;
    frame += drive.header
      ? `HPUB ${subject} ${headerSizes(drive)}\r\n${HEADER_BLOCK}${payload}\r\n`
      : `PUB ${subject} ${drive.payloadBytes}\r\n${payload}\r\n`;
  }
  return NativeBuffer.ofText(frame);
}

/** What one subscriber receives for one frame. */
function deliveredBytes(drive: FloodDrive, messages: number): number {
  let bytes = 0;
  for (let i = 0; i < messages; i++) {
    const subject = i % drive.subjects;
    const subjectAndSid = `b.${subject} ${sidOf(drive, subject)}`;
    bytes += drive.header
      ? `HMSG ${subjectAndSid} ${headerSizes(drive)}\r\n${HEADER_BLOCK}`.length
      : `MSG ${subjectAndSid} ${drive.payloadBytes}\r\n`.length;
    bytes += drive.payloadBytes + 2;
  }
  return bytes;
}

function headerSizes({ payloadBytes }: FloodDrive): string {
  return `${HEADER_BLOCK.length} ${HEADER_BLOCK.length + payloadBytes}`;
}

function sidOf({ wildcard }: FloodDrive, subject: number): number {
  return wildcard ? 1 : subject;
}

function subscribeOperations(drive: FloodDrive): string {
  const group = drive.queue ? " q" : "";
  if (drive.wildcard) return `SUB b.*${group} ${sidOf(drive, 0)}\r\n`;
  let operations = "";
  for (let i = 0; i < drive.subjects; i++) {
    operations += `SUB b.${i}${group} ${sidOf(drive, i)}\r\n`;
  }
  return operations;
}
