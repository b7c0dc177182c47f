/**
 * One published message on its way through the broker. [hot] Each parser fills and reuses one: all
 * fields are views into the received bytes and hold only until the call that got the message
 * returns. Copy what must live longer.
 *
 * ```
 * bytes:  … foo.bar _INBOX.1 5\r\nhello\r\n …
 *           ^subjectStart
 *                  ^subjectEnd
 *                   ^tailStart = replyStart
 *                            ^replyEnd
 *                                  ^payloadStart    ^tailEnd
 * ```
 * The tail is what a delivery repeats behind the sid: `[reply ][header size ]size\r\npayload\r\n`.
 */
import { ByteBlock } from "../util/bytes.ts";
import type { MessageTrace } from "./message-trace.ts";
import type { Publisher } from "./publisher.ts";

const EMPTY_BLOCK = new ByteBlock(new Uint8Array(0));

/** Services of other accounts that a request has come through, the last one first. */
export interface ServiceChain {
  /** The export, as an identity: none may come twice. */
  readonly service: object;
  /** Whether the import lets the service know who asks. */
  readonly isShared: boolean;
  readonly previous: ServiceChain | undefined;
}

export class Message {
  /** What all offsets but those of the subject point into. */
  block: ByteBlock = EMPTY_BLOCK;
  /** Who published; `echo: false` compares it with the receiver. */
  origin: Publisher | undefined = undefined;
  /**
   * Where the subject stands: in `block`, or elsewhere if it is not the one in the publisher's line
   * (mappings, imports). Four bytes more than the subject can be read there.
   */
  subjectBlock: ByteBlock = EMPTY_BLOCK;
  subjectStart = 0;
  subjectEnd = 0;
  /** `hashSubject` of the subject. */
  subjectHash = 0;
  tailStart = 0;
  tailEnd = 0;
  /** Equal to `replyStart` when there is no reply subject. */
  replyEnd = 0;
  /** First byte of the header block, or of the payload where there is none. */
  payloadStart = 0;
  /** Header and payload bytes together, without the final CRLF. */
  sizeBytes = 0;
  /** Length of the header block; 0 for a message without headers. */
  headerBytes = 0;
  /**
   * Whether the tail is one contiguous slice with single blanks and CRLF, fit to be copied as it
   * is. Otherwise receivers compose their line from the other fields.
   */
  hasPlainTail = true;
  /** The sizes as the publisher wrote them; set only where the tail is not plain. */
  sizeStart = 0;
  sizeEnd = 0;
  headerSizeStart = 0;
  headerSizeEnd = 0;
  /** Set while the message is a request to a service of another account. */
  serviceChain: ServiceChain | undefined = undefined;
  /** Follows the message; undefined for most, see `dispatch-traced.ts`. */
  trace: MessageTrace | undefined = undefined;

  get hasReply(): boolean {
    return this.replyEnd > this.tailStart;
  }
}
