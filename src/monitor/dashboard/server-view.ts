/**
 * The tab with what seldom changes: who the server is, where it listens, its limits, and how often
 * each endpoint was asked. All of it is in `/varz`, which the top of the page reads anyway.
 */
import type { Varz } from "./answers.ts";
import { type Column, DataTable } from "./data-table.ts";
import { element, shown } from "./element.ts";
import { FactList, type Facts } from "./fact-list.ts";
import { bytes, count, nanoseconds, timeOfDay } from "./format.ts";
import { type View, section } from "./view.ts";

type Requests = readonly [path: string, requests: number];

const REQUESTS: readonly Column<Requests>[] = [
  { title: "Endpoint", show: ([path]) => shown(path), isCode: true },
  { title: "Requests", show: ([, requests]) => count(requests), isNumber: true },
];

export class ServerView implements View {
  readonly name = "server";
  readonly title = "Server";
  readonly element: HTMLElement;
  readonly #identity: FactList;
  readonly #limits: FactList;
  readonly #requests: DataTable<Requests>;

  constructor() {
    this.#identity = new FactList();
    this.#limits = new FactList();
    const settings = {
      label: "Requests to monitoring",
      keyOf: ([path]: Requests) => path,
      emptyText: "None",
    };
    this.#requests = new DataTable(settings, REQUESTS);
    this.element = element(
      "div",
      { class: "sections" },
      section("Identity", this.#identity.element),
      section("Limits", this.#limits.element),
      section("Requests to monitoring", this.#requests.element),
    );
  }

  /** What it shows comes with `render`. */
  async refresh(): Promise<void> {}

  render(varz: Varz): void {
    this.#identity.render(identityOf(varz));
    this.#limits.render(limitsOf(varz));
    this.#requests.render(Object.entries(varz.http_req_stats));
  }
}

function identityOf(varz: Varz): Facts {
  const { tags, metadata, git_commit: commit, system_account: system } = varz;
  const metadataText = Object.entries(metadata ?? {}).map(([name, value]) => `${name}: ${value}`);
  const digest = varz.config_digest === "" ? "none" : varz.config_digest;
  return [
    ["Name", shown(varz.server_name)],
    ["Id", shown(varz.server_id)],
    ["Version", shown(`midge ${varz.midge_version}, as NATS ${varz.version}`)],
    ["Commit", commit === undefined ? undefined : shown(commit)],
    ["Runtime", shown(varz.go)],
    ["Clients", shown(`${varz.host}:${varz.port}`)],
    ["Log-in", shown(varz.auth_required === true ? "required" : "not required")],
    ["TLS", varz.tls_required === true ? shown("required") : undefined],
    ["System account", shown(system ?? "none")],
    ["Started", timeOfDay(varz.start)],
    ["Configuration of", timeOfDay(varz.config_load_time)],
    ["Its digest", shown(digest)],
    ["Tags", tags === undefined ? undefined : shown(tags.join(", "))],
    ["Metadata", metadata === undefined ? undefined : shown(metadataText.join(", "))],
  ];
}

function limitsOf(varz: Varz): Facts {
  const { max_subscriptions: subscriptions } = varz;
  return [
    ["Connections", count(varz.max_connections)],
    ["Subscriptions of one", subscriptions === undefined ? shown("any") : count(subscriptions)],
    ["Payload", bytes(varz.max_payload)],
    ["Pending bytes", bytes(varz.max_pending)],
    ["Control line", bytes(varz.max_control_line)],
    ["Write deadline", nanoseconds(varz.write_deadline)],
    ["Ping interval", nanoseconds(varz.ping_interval)],
    ["Pings unanswered", count(varz.ping_max)],
  ];
}
