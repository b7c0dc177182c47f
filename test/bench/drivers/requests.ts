/**
 * Request/reply with one responder and permanent inboxes.
 * Called by loadgen.ts. Every requester has one request in flight, so latencies are exact; they run
 * from the write of the request to the read of the reply, through the server twice.
 */
import { connectClient, roundTrip, sendFrame } from "../client.ts";
import { NativeBuffer, Poll, READABLE, setNonBlocking } from "../sockets.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { RequestsDrive } from "../workloads.ts";
import { FixedMessages } from "./fixed-messages.ts";
import { STALL_MS, warmUp } from "./measurement.ts";
import type { Measurement, ServerUnderTest } from "./measurement.ts";

const INBOX_DIGITS = 3;
const REQUESTER_BUFFER_BYTES = 4096;

interface Requester {
  readonly socket: number;
  readonly replies: FixedMessages;
  readonly request: NativeBuffer;
  sentAtMs: number;
}

export function driveRequests(drive: RequestsDrive, server: ServerUnderTest): Measurement {
  const requests = new Requests(drive, server.port);
  warmUp(drive.requests, (count) => requests.run(new Float64Array(count)));
  const latenciesMs = new Float64Array(drive.requests);
  const stopwatch = new Stopwatch(server.pid);
  requests.run(latenciesMs);
  const timing = stopwatch.stop();
  latenciesMs.sort();
  return {
    messages: drive.requests,
    ...timing,
    p50Us: percentile(latenciesMs, 0.5) * 1000,
    p99Us: percentile(latenciesMs, 0.99) * 1000,
  };
}

class Requests {
  readonly #poll = new Poll();
  readonly #requesters: Requester[] = [];
  readonly #responder: Responder;

  constructor(drive: RequestsDrive, port: number) {
    this.#responder = new Responder(drive, port);
    this.#poll.add(this.#responder.socket, READABLE, drive.requesters);
    for (let i = 0; i < drive.requesters; i++) {
      const requester = makeRequester(drive, port, i);
      this.#requesters.push(requester);
      this.#poll.add(requester.socket, READABLE, i);
    }
  }

  /** Makes as many requests as there is room for latencies, in milliseconds. */
  run(latenciesMs: Float64Array): void {
    const poll = this.#poll;
    const requesters = this.#requesters;
    let sent = 0;
    let answered = 0;
    for (; sent < requesters.length && sent < latenciesMs.length; sent++) ask(requesters[sent]!);
    while (answered < latenciesMs.length) {
      const events = poll.wait(STALL_MS);
      if (events === 0) throw new Error(`stalled after ${answered} replies`);
      for (let i = 0; i < events; i++) {
        const requester = requesters[poll.tag(i)];
        if (requester === undefined) this.#responder.answer();
        else if (requester.replies.receive() > 0) {
          latenciesMs[answered++] = performance.now() - requester.sentAtMs;
          if (sent++ < latenciesMs.length) ask(requester);
        }
      }
    }
  }
}

function makeRequester(drive: RequestsDrive, port: number, index: number): Requester {
  const socket = connectClient(port);
  const inbox = inboxName(index);
  const payload = `${drive.payloadBytes}\r\n${"x".repeat(drive.payloadBytes)}\r\n`;
  roundTrip(socket, `SUB ${inbox} 1\r\n`);
  setNonBlocking(socket);
  return {
    socket,
    replies: new FixedMessages(socket, `MSG ${inbox} 1 ${payload}`.length, REQUESTER_BUFFER_BYTES),
    request: NativeBuffer.ofText(`PUB svc ${inbox} ${payload}`),
    sentAtMs: 0,
  };
}

function ask(requester: Requester): void {
  requester.sentAtMs = performance.now();
  sendFrame(requester.socket, requester.request, requester.request.bytes.length);
}

class Responder {
  readonly socket: number;
  readonly #requests: FixedMessages;
  readonly #inboxOffset = "MSG svc 1 in.".length;
  /** The reply to each requester, by index. */
  readonly #replies: Uint8Array[] = [];
  readonly #out: NativeBuffer;

  constructor(drive: RequestsDrive, port: number) {
    this.socket = connectClient(port);
    roundTrip(this.socket, "SUB svc q 1\r\n");
    setNonBlocking(this.socket);
    const payload = `${drive.payloadBytes}\r\n${"x".repeat(drive.payloadBytes)}\r\n`;
    for (let i = 0; i < drive.requesters; i++) {
      this.#replies.push(NativeBuffer.ofText(`PUB ${inboxName(i)} ${payload}`).bytes);
    }
    this.#requests = new FixedMessages(this.socket, `MSG svc 1 ${inboxName(0)} ${payload}`.length);
    this.#out = NativeBuffer.ofSize(this.#replies.reduce((sum, reply) => sum + reply.length, 0));
  }

  answer(): void {
    const requests = this.#requests;
    const { bytes } = requests;
    const count = requests.receive();
    let length = 0;
    for (let i = 0; i < count; i++) {
      const at = requests.start(i) + this.#inboxOffset;
      let requester = 0;
      for (let digit = 0; digit < INBOX_DIGITS; digit++) {
        requester = requester * 10 + bytes[at + digit]! - 48;
      }
      const reply = this.#replies[requester]!;
      this.#out.bytes.set(reply, length);
      length += reply.length;
    }
    if (length > 0) sendFrame(this.socket, this.#out, length);
  }
}

function inboxName(index: number): string {
  return `in.${String(index).padStart(INBOX_DIGITS, "0")}`;
}

function percentile(sorted: Float64Array, fraction: number): number {
  return sorted[Math.floor(sorted.length * fraction)]!;
}
