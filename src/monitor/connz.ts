/**
 * `/connz`: the connections, open or closed, with their traffic. Fields, their order and what is
 * left out are the reference's. Entries are made only of the page that was asked for.
 */
import { GLOBAL_ACCOUNT_NAME } from "../broker/account.ts";
import type { ListedSubscription } from "../broker/listed-subscription.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";
import { subjectsCollide } from "../subject/subject.ts";
import { binaryText, binaryTextOf } from "../util/bytes.ts";
import { formatDuration } from "../util/duration.ts";
import { goTime } from "../util/go-time.ts";
import { type ConnectionView, OpenView, closedView } from "./connection-view.ts";
import { orderNamed, sortViews } from "./connz-order.ts";
import { EndpointError, type MonitorSubject } from "./endpoint.ts";
import type { ConnectionState, OptionSource, SubscriptionsWanted } from "./endpoint-options.ts";
import { pageLimit, pageOf } from "./page.ts";
import { EntryList } from "./sliced-json.ts";
import {
  accountSubscriptionDetail,
  inOrderOfIds,
  listedIn,
  subscriptionDetail,
} from "./subscription-list.ts";
import { uptimeText } from "./uptime.ts";

export interface ConnzOptions extends SubscriptionsWanted {
  /** A name of `connz-order.ts`; "" for the usual order. */
  readonly sort: string;
  /** Whether to tell who has logged in, and how. */
  readonly auth: boolean;
  readonly offset: number;
  /** 0 for the usual one. */
  readonly limit: number;
  /** The only connection; 0 for all. */
  readonly cid: number;
  readonly state: ConnectionState;
  /** Filters; "" for none. */
  readonly user: string;
  readonly account: string;
  readonly mqttClient: string;
  /** Only those with a subscription that has subjects in common with it; needs an account. */
  readonly filterSubject: string;
}

export function connzOptions(source: OptionSource): ConnzOptions {
  return {
    sort: source.text("sort"),
    auth: source.flag("auth"),
    ...source.subscriptions(),
    offset: source.integer("offset"),
    limit: source.integer("limit"),
    cid: source.unsigned("cid"),
    state: source.state(),
    user: source.text("user"),
    account: source.text("acc"),
    mqttClient: source.text("mqtt_client"),
    filterSubject: source.text("", "filter_subject"),
  };
}

/** Throws an `EndpointError` for options that do not go together. */
export function connz(subject: MonitorSubject, options: ConnzOptions): object {
  const { cid, state } = options;
  const order = orderNamed(options.sort, state);
  const needle = options.filterSubject === ">" ? "" : options.filterSubject;
  if (needle !== "" && options.account === "") {
    throw new EndpointError("filter by subject only valid with account filtering");
  }
  const candidates = candidatesOf(subject, options);
  const found =
    cid > 0
      ? candidates.filter((view) => view.cid === cid).slice(0, 1)
      : candidates.filter((view) => isWanted(view, options));
  const views = needle === "" ? found : withInterestIn(found, needle);
  sortViews(views, order);
  const offset = Math.max(options.offset, 0);
  const limit = cid > 0 ? 1 : pageLimit(options.limit);
  const page = pageOf(views, offset, limit);
  return {
    server_id: subject.identity.id,
    now: goTime(subject.clock.wallMs()),
    num_connections: page.length,
    total: candidates.length,
    offset,
    limit,
    connections: new EntryList(() => entriesOf(page, options)),
  };
}

/** Open ones come first. An account that there is not has none. */
function candidatesOf(
  { broker, clock }: MonitorSubject,
  { state, account }: ConnzOptions,
): ConnectionView[] {
  const views: ConnectionView[] = [];
  if (state === "open" || state === "all") {
    const now = { wallMs: clock.wallMs(), clockMs: clock.nowMs() };
    for (const connection of broker.connections.values()) {
      const isWanted = account === "" || connection.account.name === account;
      if (isWanted) views.push(new OpenView(connection, now));
    }
  }
  if (state === "closed" || state === "all") {
    for (const closed of broker.closedConnections.all()) {
      if (account === "" || closed.account === account) views.push(closedView(closed));
    }
  }
  return views;
}

function isWanted(view: ConnectionView, { user, mqttClient }: ConnzOptions): boolean {
  if (user !== "" && view.facts.user !== user) return false;
  return mqttClient === "" || view.facts.mqttClient === mqttClient;
}

/** Closed connections have no interest any more, but are listed as the reference does. */
function withInterestIn(views: readonly ConnectionView[], wanted: string): ConnectionView[] {
  const needle = binaryTextOf(wanted);
  return views.filter(({ live }) => {
    if (live === undefined) return true;
    const { sublist } = live.account;
    return Iterator.from(live.subscriptions).some((one) => {
      const subject = sublist.subjectOf(one);
      return subjectsCollide(needle, binaryText(subject, 0, subject.length));
    });
  });
}

/** Made while the answer is written. */
function* entriesOf(
  views: readonly ConnectionView[],
  options: ConnzOptions,
): Generator<object, undefined> {
  for (const view of views) yield entryOf(view, options);
}

/** Subscriptions of a connection that are written with it, not in slices. */
const MAX_AT_ONCE = 100;

/** The fields that tell what the connection has subscribed to, or had when it closed. */
function subscriptionFields(view: ConnectionView, options: ConnzOptions): object {
  const { live, closed, cid, account } = view;
  const listed =
    live === undefined
      ? (closed?.subscriptionList ?? [])
      : listedIn(live.account, inOrderOfIds(live));
  const isLong = view.subscriptionCount > MAX_AT_ONCE;
  if (!options.subscriptionsDetail) {
    return { subscriptions_list: listOf(listed, isLong, ({ subject }) => subject) };
  }
  const detail = (one: ListedSubscription) =>
    live === undefined
      ? accountSubscriptionDetail(one, cid, account)
      : subscriptionDetail(one, cid);
  return { subscriptions_list_detail: listOf(listed, isLong, detail) };
}

function listOf(
  listed: Iterable<ListedSubscription | undefined>,
  isLong: boolean,
  entryOf: (one: ListedSubscription) => object | string,
): EntryList | (object | string)[] {
  const list = new EntryList(function* () {
    for (const one of listed) yield one === undefined ? undefined : entryOf(one);
  });
  return isLong ? list : list.toJSON();
}

function entryOf(view: ConnectionView, options: ConnzOptions): object {
  const { cid, remotePort, facts, tls, account, endMs, startMs, proxyKey } = view;
  const { auth } = options;
  const isClosed = view.reason !== undefined;
  const hasList = options.subscriptions || options.subscriptionsDetail;
  return {
    cid,
    kind: "Client",
    type: facts.clientType || undefined,
    ip: remotePort === 0 ? "" : view.remoteAddress,
    port: remotePort,
    start: goTime(startMs),
    last_activity: goTime(view.lastActivityMs),
    stop: isClosed ? goTime(endMs) : undefined,
    reason: view.reason,
    rtt: rttText(view.rttMs),
    uptime: uptimeText(endMs - startMs),
    idle: uptimeText(endMs - view.lastActivityMs),
    pending_bytes: view.pendingBytes,
    in_msgs: view.inMessages,
    out_msgs: view.outMessages,
    in_bytes: view.inBytes,
    out_bytes: view.outBytes,
    stalls: view.stalls || undefined,
    subscriptions: view.subscriptionCount,
    name: facts.name || undefined,
    lang: facts.language || undefined,
    version: facts.version || undefined,
    ...(tls === undefined ? {} : tlsFields(tls, auth)),
    authorized_user: (auth && facts.user) || undefined,
    account: (auth && account !== GLOBAL_ACCOUNT_NAME && account) || undefined,
    ...(hasList && view.subscriptionCount > 0 ? subscriptionFields(view, options) : {}),
    jwt: (auth && shownJwt(facts.jwt)) || undefined,
    issuer_key: (auth && facts.issuerKey) || undefined,
    name_tag: (auth && account) || undefined,
    tags: auth && facts.tags.length > 0 ? facts.tags : undefined,
    mqtt_client: facts.mqttClient || undefined,
    proxy: proxyKey === undefined ? undefined : { key: proxyKey },
  };
}

function tlsFields(tls: TlsFacts, auth: boolean): object {
  const certificates = tls.peerCertificates.map(({ subject, keySha256, sha256 }) => {
    return { subject: subject || undefined, spki_sha256: keySha256, cert_sha256: sha256 };
  });
  return {
    tls_version: tls.version,
    tls_cipher_suite: tls.cipherSuite,
    tls_peer_certs: auth && certificates.length > 0 ? certificates : undefined,
    tls_first: tls.isFirst || undefined,
  };
}

const US_PER_MS = 1000;

/** Whole microseconds for what takes less than a millisecond, as Go's durations read. */
export function rttText(rttMs: number): string {
  const isShort = rttMs > 1 / US_PER_MS && rttMs < 1;
  return formatDuration(isShort ? Math.floor(rttMs * US_PER_MS) / US_PER_MS : rttMs);
}

/** Whoever has a bearer JWT can log in with it: "" in its place. */
export function shownJwt(jwt: string): string {
  if (jwt === "") return "";
  const [, claims = ""] = jwt.split(".");
  try {
    const decoded: unknown = JSON.parse(Buffer.from(claims, "base64url").toString());
    return isBearer(decoded) ? "" : jwt;
  } catch {
    return jwt;
  }
}

function isBearer(claims: unknown): boolean {
  if (typeof claims !== "object" || claims === null || !("nats" in claims)) return false;
  const { nats } = claims;
  if (typeof nats !== "object" || nats === null || !("bearer_token" in nats)) return false;
  return nats.bearer_token === true;
}
