/**
 * Request/reply with one responder and permanent inboxes.
 * Called by loadgen.ts. Every requester has one request in flight, so latencies are exact; they run
 * from the write of the request to the read of the reply, through the server twice.
 */
import { connectClient, roundTrip, sendFrame, sizedPayload } from "../client.ts";
import { NativeBuffer, Poll, READABLE, setNonBlocking } from "../sockets.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { RequestsDrive } from "../workloads.ts";
import { STALL_MS, warmUp } from "./measurement.ts";
import type { Measurement, ServerUnderTest } from "./measurement.ts";
import { MessageStream } from "./message-stream.ts";
import { Responder } from "./responder.ts";

const INBOX_DIGITS = 3;
const REQUESTER_BUFFER_BYTES = 4096;

interface Requester {
  readonly socket: number;
  readonly replies: MessageStream;
  readonly request: NativeBuffer;
  sentAtMs: number;
}

export function driveRequests(drive: RequestsDrive, server: ServerUnderTest): Measurement {
  const requests = new Requests(drive, server);
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

  constructor(drive: RequestsDrive, server: ServerUnderTest) {
    const payload = sizedPayload(drive.payloadBytes);
    this.#responder = new Responder(server, payload, drive.logins.subscriber);
    this.#poll.add(this.#responder.socket, READABLE, drive.requesters);
    for (let i = 0; i < drive.requesters; i++) {
      const requester = makeRequester(drive, server, i);
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

function makeRequester(drive: RequestsDrive, { port }: ServerUnderTest, index: number): Requester {
  const socket = connectClient(port, drive.logins.publisher);
  const inbox = `in.${String(index).padStart(INBOX_DIGITS, "0")}`;
  roundTrip(socket, `SUB ${inbox} 1\r\n`);
  setNonBlocking(socket);
  return {
    socket,
    replies: new MessageStream(socket, REQUESTER_BUFFER_BYTES),
    request: NativeBuffer.ofText(`PUB svc ${inbox} ${sizedPayload(drive.payloadBytes)}`),
    sentAtMs: 0,
  };
}

function ask(requester: Requester): void {
  requester.sentAtMs = performance.now();
  sendFrame(requester.socket, requester.request, requester.request.bytes.length);
}

function percentile(sorted: Float64Array, fraction: number): number {
  return sorted[Math.floor(sorted.length * fraction)]!;
}
