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

/** One request that waits for its reply subject; most are alone with it. */
interface Waiting<Request> {
  readonly request: Request;
  readonly room: WaitingRoom<Request>;
}

type All<Request> = Map<Request, WaitingRoom<Request>>;

export class AwaitedReplies<Request extends Awaited> {
  /** By reply subject. */
  readonly #byReply: Map<string, Waiting<Request> | All<Request>>;

  constructor() {
    this.#byReply = new Map();
  }

  add(request: Request, room: WaitingRoom<Request>): void {
    const { replyText } = request;
    const known = this.#byReply.get(replyText);
    if (known === undefined) {
      this.#byReply.set(replyText, { request, room });
    } else if (known instanceof Map) {
      known.set(request, room);
    } else {
      const all = new Map([[known.request, known.room]]);
      this.#byReply.set(replyText, all.set(request, room));
    }
  }

  remove(request: Request): void {
    const { replyText } = request;
    const known = this.#byReply.get(replyText);
    if (known instanceof Map) {
      known.delete(request);
      if (known.size === 0) this.#byReply.delete(replyText);
    } else if (known?.request === request) {
      this.#byReply.delete(replyText);
    }
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
    if (known instanceof Map) {
      for (const [request, room] of [...known]) room.end(request, "no-interest");
    } else {
      known.room.end(known.request, "no-interest");
    }
  }
}
