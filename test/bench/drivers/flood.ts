/**
 * Publishers that send as fast as the server reads, and subscribers that count. Called by
 * loadgen.ts. Frames are built beforehand; nothing received is parsed where the number of bytes
 * that has to arrive is known. A phase ends when every publisher has its PONG and every delivery
 * has arrived.
 */
import { connectClient, roundTrip, sizedPayload, textOf, throwOnError } from "../client.ts";
import type { Logins } from "../configurations.ts";
import { NativeBuffer, Poll, READABLE, WRITABLE } from "../sockets.ts";
import { receive, send, setNonBlocking } from "../sockets.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { FloodDrive } from "../workloads.ts";
import { STALL_MS, warmUp } from "./measurement.ts";
import type { Measurement, ServerUnderTest } from "./measurement.ts";
import { MessageStream } from "./message-stream.ts";

const RECEIVE_BYTES = 256 * 1024;
const HEADER_BLOCK = "NATS/1.0\r\nK: v\r\n\r\n";
const PING = NativeBuffer.ofText("PING\r\n");

interface Publisher {
  readonly socket: number;
  framesLeft: number;
  /** How much of the current frame, or of the final PING, has been sent. */
  sentBytes: number;
}

interface Subscriber {
  readonly socket: number;
  readonly deliveries: Deliveries;
}

/** What a subscriber receives, in bytes or in messages. */
interface Deliveries {
  /** Reads once and returns how much has arrived. */
  receive(): number;
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
  readonly #subscribers: Subscriber[] = [];
  readonly #frame: NativeBuffer;
  readonly #messagesPerFrame: number;
  /** What one subscriber receives for one frame, in the unit that subscribers count in. */
  readonly #deliveredPerFrame: number;
  #publishersBusy = 0;
  #awaited = 0;

  constructor(drive: FloodDrive, port: number) {
    this.#drive = drive;
    this.#messagesPerFrame = messagesPerFrame(drive);
    this.#frame = buildFrame(drive, this.#messagesPerFrame);
    this.#deliveredPerFrame = drive.addsHeader
      ? this.#messagesPerFrame
      : deliveredBytes(drive, this.#messagesPerFrame);
    for (const logins of drive.groups) this.#connectGroup(logins, port);
    [...this.#publishers, ...this.#subscribers].forEach(({ socket }, tag) => {
      setNonBlocking(socket);
      this.#poll.add(socket, READABLE, tag);
    });
  }

  #connectGroup(logins: Logins, port: number): void {
    const drive = this.#drive;
    for (let i = 0; i < drive.publishers; i++) {
      const socket = connectClient(port, logins.publisher);
      this.#publishers.push({ socket, framesLeft: 0, sentBytes: 0 });
    }
    for (let i = 0; i < drive.subscribers; i++) {
      const socket = connectClient(port, logins.subscriber);
      roundTrip(socket, subscribeOperations(drive));
      const deliveries = drive.addsHeader
        ? new MessageStream(socket)
        : new ReceivedBytes(socket, this.#received);
      this.#subscribers.push({ socket, deliveries });
    }
  }

  /** Sends at least so many messages per publisher and waits for all of it; returns the count. */
  run(messagesPerPublisher: number): number {
    const { subscribers, queue } = this.#drive;
    const publishers = this.#publishers.length;
    const frames = Math.ceil(messagesPerPublisher / this.#messagesPerFrame);
    const deliveriesPerMessage = queue ? Math.min(subscribers, 1) : subscribers;
    const framesDelivered = publishers * frames * deliveriesPerMessage;
    this.#awaited = framesDelivered * this.#deliveredPerFrame;
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
    const unit = this.#drive.addsHeader ? "messages" : "bytes";
    while (this.#publishersBusy > 0 || this.#awaited > 0) {
      const events = poll.wait(STALL_MS);
      if (events === 0) throw new Error(`stalled, ${this.#awaited} ${unit} are missing`);
      for (let i = 0; i < events; i++) {
        const tag = poll.tag(i);
        const readiness = poll.readiness(i);
        if (tag >= publishers) {
          this.#awaited -= this.#subscribers[tag - publishers]!.deliveries.receive();
        } else {
          if ((readiness & ~WRITABLE) !== 0) this.#readAnswer(this.#publishers[tag]!);
          if ((readiness & WRITABLE) !== 0) this.#publish(this.#publishers[tag]!, tag);
        }
      }
    }
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

/** Counts bytes without keeping them: all subscribers may receive into one buffer. */
class ReceivedBytes implements Deliveries {
  readonly #socket: number;
  readonly #buffer: NativeBuffer;

  constructor(socket: number, buffer: NativeBuffer) {
    this.#socket = socket;
    this.#buffer = buffer;
  }

  receive(): number {
    const received = receive(this.#socket, this.#buffer, 0);
    if (received <= 0) throw new Error("the server closed the connection of a subscriber");
    return received;
  }
}

function messagesPerFrame({ frameBytes, payloadBytes, subjects }: FloodDrive): number {
  const fitting = Math.max(1, Math.floor(frameBytes / (payloadBytes + 32)));
  return subjects === 1 ? fitting : Math.ceil(fitting / subjects) * subjects;
}

function buildFrame(drive: FloodDrive, messages: number): NativeBuffer {
  const operation = drive.header ? "HPUB" : "PUB";
  const content = messageContent(drive);
  let frame = "";
  for (let i = 0; i < messages; i++) {
    frame += `${operation} ${drive.publishPrefix}${i % drive.subjects} ${content}`;
  }
  return NativeBuffer.ofText(frame);
}

/** What one subscriber receives for one frame. */
function deliveredBytes(drive: FloodDrive, messages: number): number {
  const operation = drive.header ? "HMSG" : "MSG";
  const contentBytes = messageContent(drive).length;
  let bytes = 0;
  for (let i = 0; i < messages; i++) {
    const index = i % drive.subjects;
    const subject = `${drive.subscribePrefix}${index}`;
    bytes += `${operation} ${subject} ${sidOf(drive, index)} `.length + contentBytes;
  }
  return bytes;
}

/** What follows the subjects of a message. */
function messageContent({ header, payloadBytes }: FloodDrive): string {
  const content = sizedPayload(payloadBytes);
  if (!header) return content;
  const sizes = `${HEADER_BLOCK.length} ${HEADER_BLOCK.length + payloadBytes}\r\n`;
  return `${sizes}${HEADER_BLOCK}${content.slice(content.indexOf("\n") + 1)}`;
}

function sidOf({ wildcard }: FloodDrive, subject: number): number {
  return wildcard ? 1 : subject;
}

function subscribeOperations(drive: FloodDrive): string {
  const group = drive.queue ? " q" : "";
  const { subscribePrefix } = drive;
  if (drive.wildcard) return `SUB ${subscribePrefix}*${group} ${sidOf(drive, 0)}\r\n`;
  let operations = "";
  for (let i = 0; i < drive.subjects; i++) {
    operations += `SUB ${subscribePrefix}${i}${group} ${sidOf(drive, i)}\r\n`;
  }
  return operations;
}
