/**
 * All there is to know of one connection, also of one that is closed, in the panel at the side:
 * who it is, its traffic with rates, and what it has subscribed to.
 */
import { type Connection, type Connz, type Subscription, ask } from "./answers.ts";
import { accountOf, clientOf } from "./connection-columns.ts";
import { type Column, DataTable } from "./data-table.ts";
import { type Shown, element, showText, shown } from "./element.ts";
import { FactList, type Facts } from "./fact-list.ts";
import { bytes, count, millisecondsOf, roundTrip, timeOfDay } from "./format.ts";
import type { Details } from "./side-panel.ts";
import { section } from "./view.ts";

/** A longer list is read once, not at each poll, and only its beginning is shown. */
const LONG_LIST = 500;

const COLUMNS: readonly Column<Subscription>[] = [
  { title: "Subject", show: ({ subject }) => shown(subject), isCode: true },
  { title: "Queue", show: ({ qgroup }) => shown(qgroup ?? "–"), isCode: true },
  { title: "SID", show: ({ sid }) => shown(sid), isNumber: true },
  { title: "Delivered", show: ({ msgs }) => count(msgs), isNumber: true },
  {
    title: "Max",
    show: ({ max }) => (max === undefined ? shown("–") : count(max)),
    isNumber: true,
  },
];

export class ConnectionDetails implements Details {
  readonly title: string;
  readonly element: HTMLElement;
  readonly #cid: number;
  readonly #gone: HTMLElement;
  readonly #facts: FactList;
  readonly #table: DataTable<Subscription>;
  readonly #more: HTMLElement;
  /** Of the list as it was read last; undefined before. */
  #listed: number | undefined;
  #last: Connz | undefined;

  constructor(cid: number) {
    this.#cid = cid;
    this.title = `Connection ${cid}`;
    this.#listed = undefined;
    this.#last = undefined;
    this.#gone = element("p", { class: "notice" }, "The server knows no such client connection.");
    this.#gone.hidden = true;
    this.#facts = new FactList();
    const settings = {
      label: `Subscriptions of connection ${cid}`,
      keyOf: ({ sid }: Subscription) => sid,
      emptyText: "No subscriptions",
    };
    this.#table = new DataTable(settings, COLUMNS);
    this.#more = element("p", { class: "note" });
    const subscriptions = section("Subscriptions", this.#table.element, this.#more);
    this.element = element("div", {}, this.#gone, this.#facts.element, subscriptions);
  }

  async refresh(): Promise<void> {
    const subs = (this.#listed ?? 0) > LONG_LIST ? undefined : "detail";
    const query = { cid: this.#cid, state: "all", auth: 1, subs };
    const answer = await ask<Connz>("connz", query);
    const [connection] = answer.connections;
    this.#gone.hidden = connection !== undefined;
    if (connection === undefined) {
      if (this.#last === undefined) this.#table.render([]);
      return;
    }
    this.#facts.render([...factsOf(connection), ...this.#traffic(answer, connection)]);
    if (subs !== undefined) this.#list(connection);
    this.#last = answer;
  }

  #list({ stop, subscriptions, subscriptions_list_detail: list = [] }: Connection): void {
    this.#listed = list.length;
    const listed = list.slice(0, LONG_LIST);
    this.#table.render(listed, "No subscriptions");
    const rest = Math.max(subscriptions, list.length) - listed.length;
    const why = stop === undefined ? "" : ", which are not kept of a closed connection";
    showText(this.#more, rest > 0 ? `and ${count(rest).text} more${why}` : "");
  }

  /** Counters, with their rate since the poll before. */
  #traffic(answer: Connz, connection: Connection): Facts {
    const before = this.#last?.connections[0];
    const elapsedMs = millisecondsOf(answer.now) - millisecondsOf(this.#last?.now ?? answer.now);
    const rated = (key: CounterName, format: (value: number) => Shown): Shown => {
      const total = format(connection[key]);
      if (before === undefined || elapsedMs <= 0 || connection.stop !== undefined) return total;
      const rate = ((connection[key] - before[key]) * 1000) / elapsedMs;
      return shown(`${total.text} (${format(Math.round(rate)).text}/s)`, total.title);
    };
    return [
      ["Messages in", rated("in_msgs", count)],
      ["Messages out", rated("out_msgs", count)],
      ["Bytes in", rated("in_bytes", bytes)],
      ["Bytes out", rated("out_bytes", bytes)],
    ];
  }
}

type CounterName = "in_msgs" | "out_msgs" | "in_bytes" | "out_bytes";

function factsOf(connection: Connection): Facts {
  const { tls_peer_certs: certificates, tags, stop } = connection;
  const certificate = certificates?.[0];
  return [
    ["State", shown(stop === undefined ? "Open" : `Closed: ${connection.reason ?? ""}`)],
    ["Name", optional(connection.name)],
    ["Address", shown(connection.ip === "" ? "–" : `${connection.ip}:${connection.port}`)],
    ["Account", shown(accountOf(connection))],
    ["User", optional(connection.authorized_user)],
    ["Client", optional(clientOf(connection) || undefined)],
    ["Protocol", optional(connection.type)],
    ["Started", timeOfDay(connection.start)],
    ["Closed", stop === undefined ? undefined : timeOfDay(stop)],
    ["Uptime", shown(connection.uptime)],
    ["Idle", shown(connection.idle, `last active ${connection.last_activity}`)],
    ["RTT", roundTrip(connection.rtt)],
    ["Pending", bytes(connection.pending_bytes)],
    ["Stalls", optional(connection.stalls)],
    ["MQTT client", optional(connection.mqtt_client)],
    ["TLS", optional(connection.tls_version)],
    ["Cipher suite", optional(connection.tls_cipher_suite)],
    ["TLS first", connection.tls_first === true ? shown("yes") : undefined],
    ["Certificate", optional(certificate?.subject ?? certificate?.cert_sha256)],
    ["Issuer key", optional(connection.issuer_key)],
    ["Tags", optional(tags?.join(", "))],
    ["Proxy", optional(connection.proxy?.key)],
    ["Subscriptions", count(connection.subscriptions)],
  ];
}

function optional(value: string | number | undefined): Shown | undefined {
  return value === undefined ? undefined : shown(String(value));
}
