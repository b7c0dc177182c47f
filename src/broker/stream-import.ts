/**
 * Streams of other accounts. For each subscription in the importing account that could get messages
 * of the stream, there is a shadow of it in the account that exports the stream. A shadow lives as
 * long as its subscription, shares its maximum of deliveries, and receives under the subject that
 * the message has in the importing account. Rules of the NATS documentation on accounts.
 */
import {
  subjectBytes,
  subjectHasWildcard,
  subjectIsSubset,
  subjectText,
  subjectsCollide,
} from "../subject/subject.ts";
import type { ImportTransforms } from "../subject/transform.ts";
import { ByteBlock, COPY_SLACK_BYTES } from "../util/bytes.ts";
import type { Account, InterestFollower } from "./account.ts";
import type { DeliveryFilter } from "./delivery-filter.ts";
import type { Message } from "./message.ts";
import { type TracedMatch, traceText } from "./message-trace.ts";
import type { Prepared } from "./prepared.ts";
import { type Subscriber, Subscription } from "./subscription.ts";

export interface StreamRoute {
  /** The name of the importing account. */
  readonly importer: string;
  readonly exporter: Account;
  /** The subject there, and in the importing account; both may have wildcards. */
  readonly remote: string;
  readonly local: string;
  /** Between the two; undefined where subjects stay, or `local` is one literal subject. */
  readonly transforms: ImportTransforms | undefined;
  /** Whether traces of messages go on in the importing account. */
  readonly isTraceAllowed: boolean;
}

/** Keeps the shadows of one import. */
export class StreamImport implements InterestFollower {
  readonly #route: StreamRoute;
  readonly #shadows: Map<Subscription, Subscription>;

  constructor(route: StreamRoute) {
    this.#route = route;
    this.#shadows = new Map();
  }

  onSubscribe(subject: Uint8Array, subscription: Subscription): void {
    const { exporter } = this.#route;
    // What comes in through an import does not go out through another one.
    if (!subscription.subscriber.takesImports) return;
    const remote = remoteSubject(subjectText(subject), this.#route);
    if (remote === undefined) return;
    const receiver = new ShadowReceiver(subscription, this.#route);
    const shadow = new Subscription(receiver, subscription.sid, subscription.queue);
    shadow.maxDeliveries = subscription.maxDeliveries;
    if (subscription.filter !== undefined)
      shadow.filter = new LocalFilter(subscription.filter, receiver);
    if (exporter.subscribe(subjectBytes(remote), shadow)) this.#shadows.set(subscription, shadow);
  }

  onUnsubscribe(_subject: Uint8Array, subscription: Subscription): void {
    const shadow = this.#shadows.get(subscription);
    if (shadow === undefined) return;
    this.#shadows.delete(subscription);
    this.#route.exporter.unsubscribe(shadow);
  }

  /** Ends the import. */
  end(): void {
    for (const shadow of this.#shadows.values()) this.#route.exporter.unsubscribe(shadow);
    this.#shadows.clear();
  }
}

/** Hands messages of the stream to the subscriber, under their local subject. */
class ShadowReceiver implements Subscriber {
  readonly fanOutMember = undefined;
  readonly takesImports = false;
  readonly #original: Subscription;
  readonly #route: StreamRoute;

  constructor(original: Subscription, route: StreamRoute) {
    this.#original = original;
    this.#route = route;
  }

  /** The local subject for one in the exporting account. */
  localSubject(subject: Uint8Array): Uint8Array {
    const { remote, local, transforms } = this.#route;
    if (transforms !== undefined) {
      return subjectBytes(transforms.toLocal.apply(subjectText(subject)));
    }
    return local === remote || subjectHasWildcard(local) ? subject : subjectBytes(local);
  }

  prepare(_shadow: Subscription, subject: Uint8Array): Prepared {
    const local = this.localSubject(subject);
    const { words, lengthBytes } = this.#original.subscriber.prepare(this.#original, local);
    return { words, lengthBytes, subject: subjectBlockOf(local) };
  }

  deliver(shadow: Subscription, message: Message, prepared: Prepared | undefined): boolean {
    // Requests and answers of services have come through an import already.
    if (message.serviceChain !== undefined) return false;
    const { subjectBlock, subjectStart, subjectEnd } = message;
    const local =
      prepared ?? this.prepare(shadow, subjectBlock.bytes.subarray(subjectStart, subjectEnd));
    const block = local.subject ?? subjectBlock;
    message.subjectBlock = block;
    message.subjectStart = 0;
    message.subjectEnd = block.bytes.length - COPY_SLACK_BYTES;
    const isDelivered = this.#original.subscriber.deliver(this.#original, message, local);
    message.subjectBlock = subjectBlock;
    message.subjectStart = subjectStart;
    message.subjectEnd = subjectEnd;
    return isDelivered;
  }

  deliverTraced(shadow: Subscription, message: Message, match: TracedMatch): boolean {
    if (message.serviceChain !== undefined) return false;
    const { importer, isTraceAllowed } = this.#route;
    const { trace, isDenied } = match;
    const { subjectBlock, subjectStart, subjectEnd } = message;
    const local = this.localSubject(subjectBlock.bytes.subarray(subjectStart, subjectEnd));
    trace.addStreamExport(importer, traceText(local));
    if (isTraceAllowed) return this.#deliverTracedAs(local, message, match);
    if (trace.isOnly) return true;
    message.trace = undefined;
    const isDelivered = !isDenied && this.deliver(shadow, message, undefined);
    message.trace = trace;
    return isDelivered;
  }

  #deliverTracedAs(local: Uint8Array, message: Message, match: TracedMatch): boolean {
    const original = this.#original;
    const { subscriber } = original;
    const { subjectBlock, subjectStart, subjectEnd } = message;
    message.subjectBlock = subjectBlockOf(local);
    message.subjectStart = 0;
    message.subjectEnd = local.length;
    const isDelivered =
      subscriber.deliverTraced?.(original, message, match) ??
      (!match.isDenied && subscriber.deliver(original, message, undefined));
    message.subjectBlock = subjectBlock;
    message.subjectStart = subjectStart;
    message.subjectEnd = subjectEnd;
    return isDelivered;
  }
}

function subjectBlockOf(subject: Uint8Array): ByteBlock {
  const block = new ByteBlock(new Uint8Array(subject.length + COPY_SLACK_BYTES));
  block.bytes.set(subject);
  return block;
}

/** Denies by the local subject; members of queue groups are judged by the published one. */
class LocalFilter implements DeliveryFilter {
  readonly #filter: DeliveryFilter;
  readonly #receiver: ShadowReceiver;

  constructor(filter: DeliveryFilter, receiver: ShadowReceiver) {
    this.#filter = filter;
    this.#receiver = receiver;
  }

  denies(bytes: Uint8Array, start: number, end: number, queue: string | undefined): boolean {
    if (queue !== undefined) return this.#filter.denies(bytes, start, end, queue);
    const local = this.#receiver.localSubject(bytes.subarray(start, end));
    return this.#filter.denies(local, 0, local.length, queue);
  }
}

/** What to subscribe to in the exporting account; undefined if the import has nothing for it. */
function remoteSubject(subject: string, route: StreamRoute): string | undefined {
  const { remote, local, transforms } = route;
  if (subject === local || subjectIsSubset(local, subject)) return remote;
  const wanted = subjectIsSubset(subject, local) ? subject : overlap(subject, local);
  if (wanted === undefined) return undefined;
  if (transforms !== undefined) return transforms.toRemote.apply(wanted);
  // A literal subject may have wildcards in its local name: no other subject is imported there.
  return local === remote ? wanted : remote;
}

/** The subject that stands for what both match; undefined if there is nothing. */
function overlap(left: string, right: string): string | undefined {
  if (!subjectsCollide(left, right)) return undefined;
  const leftTokens = left.split(".");
  const rightTokens = right.split(".");
  const tokens: string[] = [];
  for (let i = 0; i < Math.max(leftTokens.length, rightTokens.length); i++) {
    const [one, other] = [leftTokens[i], rightTokens[i]];
    if (one === ">") return [...tokens, ...rightTokens.slice(i)].join(".");
    if (other === ">") return [...tokens, ...leftTokens.slice(i)].join(".");
    tokens.push((one === "*" ? other : one) ?? "");
  }
  return tokens.join(".");
}
