/**
 * The reply subjects of an account's requests to services of other accounts: when nobody in the
 * account listens to one any more, its answers are not waited for.
 */
import { subjectHasWildcard, subjectMatches, subjectText } from "../subject/subject.ts";

/** A request that waits, and where it does. */
interface Awaited {
  readonly replyText: string;
}

interface WaitingRoom<Request> {
  end(request: Request, reason: "no-interest"): void;
}

interface Interest {
  hasInterest(subject: string): boolean;
}

export class AwaitedReplies<Request extends Awaited> {
  /** By reply subject. */
  readonly #byReply: Map<string, Map<Request, WaitingRoom<Request>>>;

  constructor() {
    this.#byReply = new Map();
  }

  add(request: Request, room: WaitingRoom<Request>): void {
    const { replyText } = request;
    const known = this.#byReply.get(replyText);
    if (known === undefined) this.#byReply.set(replyText, new Map([[request, room]]));
    else known.set(request, room);
  }

  remove(request: Request): void {
    const known = this.#byReply.get(request.replyText);
    if (known === undefined || !known.delete(request)) return;
    if (known.size === 0) this.#byReply.delete(request.replyText);
  }

  /** A subscription has gone: ends what waits for subjects that nobody listens to now. */
  onUnsubscribe(subject: Uint8Array, interest: Interest): void {
    if (this.#byReply.size === 0) return;
    const text = subjectText(subject);
    if (!subjectHasWildcard(subject)) {
      this.#endIfLost(text, interest);
      return;
    }
    for (const reply of [...this.#byReply.keys()]) {
      if (subjectMatches(reply, text)) this.#endIfLost(reply, interest);
    }
  }

  #endIfLost(reply: string, interest: Interest): void {
    const known = this.#byReply.get(reply);
    if (known === undefined || interest.hasInterest(reply)) return;
    for (const [request, room] of [...known]) room.end(request, "no-interest");
  }
}
