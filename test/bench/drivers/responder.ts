/**
 * The service behind the request/reply rows: one connection that answers each request on `svc`.
 * Used by the drivers of requests, which all wait on one Poll. Replies go to the subject that the
 * request names, since a server may put one of its own there.
 */
import { connectClient, roundTrip, sendFrame } from "../client.ts";
import { NativeBuffer, setNonBlocking } from "../sockets.ts";
import type { ServerUnderTest } from "./measurement.ts";
import { MessageStream } from "./message-stream.ts";

const HMSG_START = "H".charCodeAt(0);
const SPACE = " ".charCodeAt(0);

export class Responder {
  readonly socket: number;
  readonly #requests: MessageStream;
  /** What stands before and after the subject of a reply. */
  readonly #beginning = NativeBuffer.ofText("PUB ").bytes;
  readonly #ending: Uint8Array;
  readonly #out: NativeBuffer;

  /** `payload` is that of the requests too, as `sizedPayload` makes it. */
  constructor({ port }: ServerUnderTest, payload: string, user?: string) {
    this.socket = connectClient(port, user);
    roundTrip(this.socket, "SUB svc q 1\r\n");
    setNonBlocking(this.socket);
    this.#requests = new MessageStream(this.socket);
    this.#ending = NativeBuffer.ofText(` ${payload}`).bytes;
    // A reply is shorter than its request.
    this.#out = NativeBuffer.ofSize(this.#requests.bytes.length);
  }

  /** Answers what has arrived; called when the socket is readable. */
  answer(): void {
    const requests = this.#requests;
    const { bytes } = requests;
    const out = this.#out.bytes;
    const count = requests.receive();
    let length = 0;
    for (let i = 0; i < count; i++) {
      const start = requests.start(i);
      const prefix = bytes[start] === HMSG_START ? "HMSG svc 1 " : "MSG svc 1 ";
      out.set(this.#beginning, length);
      length += this.#beginning.length;
      for (let at = start + prefix.length; bytes[at] !== SPACE; at++) out[length++] = bytes[at]!;
      out.set(this.#ending, length);
      length += this.#ending.length;
    }
    if (length > 0) sendFrame(this.socket, this.#out, length);
  }
}
