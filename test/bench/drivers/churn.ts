/**
 * Request/reply with a new inbox for each request, while many other subjects stay busy.
 * Called by loadgen.ts. Measures what subscriptions that come and go cost, both for themselves and
 * for the traffic around them: a server that forgets its routing on every SUB shows it here.
 */
import { connectClient, roundTrip, sendFrame, sizedPayload } from "../client.ts";
import { NativeBuffer, Poll, READABLE, WRITABLE } from "../sockets.ts";
import { receive, send, setNonBlocking } from "../sockets.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { ChurnDrive } from "../workloads.ts";
import { STALL_MS, warmUp } from "./measurement.ts";
import type { Measurement, ServerUnderTest } from "./measurement.ts";
import { MessageStream } from "./message-stream.ts";
import { Responder } from "./responder.ts";

const PAYLOAD = sizedPayload(16);
const SID_DIGITS = 8;
const SID = "0".repeat(SID_DIGITS);
const REQUESTER_BUFFER_BYTES = 4096;
const LIVE_PAYLOAD = sizedPayload(64);

export function driveChurn(drive: ChurnDrive, server: ServerUnderTest): Measurement {
  const churn = new Churn(drive, server);
  warmUp(drive.requests, (count) => churn.run(count));
  const stopwatch = new Stopwatch(server.pid);
  churn.run(drive.requests);
  return { messages: drive.requests, ...stopwatch.stop() };
}

class Churn {
  readonly #poll = new Poll();
  readonly #requesters: Requester[] = [];
  readonly #responder: Responder;
  readonly #live: LiveSubjects;
  readonly #requestsPerLiveRound: number;

  constructor(drive: ChurnDrive, server: ServerUnderTest) {
    const { port } = server;
    this.#requestsPerLiveRound = drive.requestsPerLiveRound;
    for (let i = 0; i < drive.requesters; i++) this.#requesters.push(new Requester(port, i));
    this.#responder = new Responder(server, PAYLOAD);
    this.#requesters.forEach(({ socket }, tag) => this.#poll.add(socket, READABLE, tag));
    this.#poll.add(this.#responder.socket, READABLE, drive.requesters);
    this.#live = new LiveSubjects(port, drive.liveSubjects, this.#poll, drive.requesters + 1);
  }

  run(requests: number): void {
    const poll = this.#poll;
    const live = this.#live;
    const requesters = this.#requesters;
    const responderTag = requesters.length;
    let sent = 0;
    let answered = 0;
    for (; sent < requesters.length && sent < requests; sent++) requesters[sent]!.ask();
    while (answered < requests || live.isBusy) {
      const events = poll.wait(STALL_MS);
      if (events === 0) throw new Error(`stalled after ${answered} replies`);
      for (let i = 0; i < events; i++) {
        const tag = poll.tag(i);
        if (tag > responderTag) live.onReady(tag);
        else if (tag === responderTag) this.#responder.answer();
        else if (requesters[tag]!.replies.receive() > 0) {
          if (++answered % this.#requestsPerLiveRound === 0) live.startRound();
          if (sent++ < requests) requesters[tag]!.ask();
        }
      }
    }
  }
}

class Requester {
  readonly socket: number;
  readonly replies: MessageStream;
  readonly #frame: NativeBuffer;
  /** Where in the frame the number of this request stands: as sid and in the inbox name. */
  readonly #numberOffsets: readonly number[];
  readonly #previousSidOffset: number;
  #number = 0;

  constructor(port: number, index: number) {
    const inbox = inboxName(index);
    const beginning = `UNSUB ${SID}\r\n`;
    const subscribe = `SUB ${inbox} ${SID}\r\n`;
    const publish = `PUB svc ${inbox} `;
    this.#frame = NativeBuffer.ofText(beginning + subscribe + publish + PAYLOAD);
    this.#previousSidOffset = beginning.length - SID_DIGITS - 2;
    this.#numberOffsets = [
      beginning.length + "SUB ".length + inbox.length - SID_DIGITS,
      beginning.length + subscribe.length - SID_DIGITS - 2,
      beginning.length + subscribe.length + publish.length - 1 - SID_DIGITS,
    ];
    this.socket = connectClient(port);
    // The frame of a request ends the subscription of the one before; the first one ends this.
    roundTrip(this.socket, `SUB ${inbox} ${SID}\r\n`);
    setNonBlocking(this.socket);
    this.replies = new MessageStream(this.socket, REQUESTER_BUFFER_BYTES);
  }

  /** Drops the last inbox, subscribes to a new one and sends the request, in one write. */
  ask(): void {
    const { bytes } = this.#frame;
    writeDigits(bytes, this.#previousSidOffset, this.#number);
    this.#number++;
    for (const offset of this.#numberOffsets) writeDigits(bytes, offset, this.#number);
    sendFrame(this.socket, this.#frame, bytes.length);
  }
}

/** Many subscribed subjects; each round publishes one message to every one of them. */
class LiveSubjects {
  readonly #poll: Poll;
  readonly #publisher: number;
  readonly #subscriber: number;
  readonly #publisherTag: number;
  readonly #frame: NativeBuffer;
  readonly #received = NativeBuffer.ofSize(256 * 1024);
  readonly #deliveredBytesPerRound: number;
  #roundsLeft = 0;
  #sentBytes = 0;
  #awaitedBytes = 0;

  constructor(port: number, subjects: number, poll: Poll, firstTag: number) {
    const numbers = Array.from({ length: subjects }, (_, index) => index);
    const sum = (text: (index: number) => string) => numbers.map(text).join("");
    this.#frame = NativeBuffer.ofText(sum((i) => `PUB live.${i} ${LIVE_PAYLOAD}`));
    this.#deliveredBytesPerRound = sum((i) => `MSG live.${i} ${i} ${LIVE_PAYLOAD}`).length;
    this.#publisher = connectClient(port);
    this.#subscriber = connectClient(port);
    roundTrip(
      this.#subscriber,
      sum((i) => `SUB live.${i} ${i}\r\n`),
    );
    setNonBlocking(this.#publisher);
    setNonBlocking(this.#subscriber);
    this.#poll = poll;
    this.#publisherTag = firstTag;
    poll.add(this.#publisher, READABLE, firstTag);
    poll.add(this.#subscriber, READABLE, firstTag + 1);
  }

  get isBusy(): boolean {
    return this.#roundsLeft > 0 || this.#awaitedBytes > 0;
  }

  startRound(): void {
    this.#awaitedBytes += this.#deliveredBytesPerRound;
    if (this.#roundsLeft++ === 0) {
      this.#poll.change(this.#publisher, READABLE | WRITABLE, this.#publisherTag);
    }
  }

  onReady(tag: number): void {
    if (tag !== this.#publisherTag) this.#awaitedBytes -= this.#read(this.#subscriber);
    else if (this.#roundsLeft > 0) this.#publish();
    else this.#read(this.#publisher);
  }

  #publish(): void {
    const total = this.#frame.bytes.length;
    const taken = send(this.#publisher, this.#frame, this.#sentBytes, total);
    if (taken < 0) return;
    this.#sentBytes += taken;
    if (this.#sentBytes < total) return;
    this.#sentBytes = 0;
    if (--this.#roundsLeft === 0) this.#poll.change(this.#publisher, READABLE, this.#publisherTag);
  }

  #read(socket: number): number {
    const received = receive(socket, this.#received, 0);
    if (received <= 0) throw new Error("the server closed a connection of the live subjects");
    return received;
  }
}

/** An inbox name for a requester, as long as those of client libraries; ends with the number. */
function inboxName(requester: number): string {
  return `_INBOX.bench${String(requester).padStart(3, "0")}.${SID}`;
}

function writeDigits(bytes: Uint8Array, at: number, number: number): void {
  for (let digit = SID_DIGITS - 1; digit >= 0; digit--) {
    bytes[at + digit] = 48 + (number % 10);
    number = Math.floor(number / 10);
  }
}
