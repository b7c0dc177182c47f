/**
 * One account in the panel at the side: what it exports, imports and maps, and figures about its
 * subscriptions.
 */
import {
  type AccountDetail,
  type AccountExport,
  type AccountImport,
  type Accountz,
  type MappingTarget,
  ask,
} from "./answers.ts";
import { type Column, DataTable } from "./data-table.ts";
import { type Shown, element, shown } from "./element.ts";
import { FactList, type Facts } from "./fact-list.ts";
import { count, timeOfDay } from "./format.ts";
import type { Details } from "./side-panel.ts";
import { sublistFacts } from "./sublist-facts.ts";
import { Refusal, section } from "./view.ts";

const EXPORTS: readonly Column<AccountExport>[] = [
  { title: "Subject", show: ({ subject }) => shown(subject), isCode: true },
  { title: "Type", show: ({ type }) => shown(type) },
  { title: "Answers", show: (row) => shown(row.response_type ?? "–") },
  { title: "For", show: (row) => shown(row.approved_accounts?.join(", ") ?? "all") },
  { title: "Latency", show: ({ service_latency: latency }) => latencyText(latency) },
];

function latencyText(latency: AccountExport["service_latency"]): Shown {
  if (latency === undefined) return shown("–");
  return shown(`${latency.sampling} % to ${latency.results}`);
}

const IMPORTS: readonly Column<AccountImport>[] = [
  { title: "Subject", show: ({ subject }) => shown(subject), isCode: true },
  { title: "From", show: ({ account }) => shown(account) },
  { title: "Here", show: (row) => shown(row.local_subject ?? "–"), isCode: true },
  { title: "Type", show: ({ type }) => shown(type) },
  { title: "Shared", show: ({ share }) => shown(share ? "yes" : "no") },
];

interface Mapping extends MappingTarget {
  readonly source: string;
}

const MAPPINGS: readonly Column<Mapping>[] = [
  { title: "Subject", show: ({ source }) => shown(source), isCode: true },
  { title: "Becomes", show: ({ subject }) => shown(subject), isCode: true },
  {
    title: "Weight",
    show: ({ weight }) => shown(`${weight}`, "with the weights of those before it"),
    isNumber: true,
  },
  { title: "Cluster", show: ({ cluster }) => shown(cluster ?? "–") },
];

export class AccountDetails implements Details {
  readonly title: string;
  readonly element: HTMLElement;
  readonly #account: string;
  readonly #refusal: Refusal;
  readonly #facts: FactList;
  readonly #exports: DataTable<AccountExport>;
  readonly #imports: DataTable<AccountImport>;
  readonly #mappings: DataTable<Mapping>;

  constructor(account: string) {
    this.#account = account;
    this.title = `Account ${account}`;
    this.#refusal = new Refusal();
    this.#facts = new FactList();
    this.#exports = list("Exports", EXPORTS, ({ type, subject }) => `${type} ${subject}`);
    this.#imports = list("Imports", IMPORTS, (row) => {
      return `${row.type} ${row.account} ${row.subject} ${row.local_subject}`;
    });
    this.#mappings = list("Mappings", MAPPINGS, ({ source, subject, cluster = "" }) => {
      return `${source} ${subject} ${cluster}`;
    });
    this.element = element(
      "div",
      {},
      this.#refusal.element,
      this.#facts.element,
      section("Exports", this.#exports.element),
      section("Imports", this.#imports.element),
      section("Mappings", this.#mappings.element),
    );
  }

  async refresh(): Promise<void> {
    const query = { acc: this.#account };
    const answer = await this.#refusal.during(() => ask<Accountz>("accountz", query));
    if (answer === undefined) return;
    const { account_detail: detail } = answer;
    this.#facts.render(factsOf(detail));
    this.#exports.render(detail.exports ?? []);
    this.#imports.render(detail.imports ?? []);
    this.#mappings.render(mappingsOf(detail));
  }
}

function list<Row>(
  label: string,
  columns: readonly Column<Row>[],
  keyOf: (row: Row) => string,
): DataTable<Row> {
  return new DataTable({ label, keyOf, emptyText: `No ${label.toLowerCase()}` }, columns);
}

function factsOf(detail: AccountDetail): Facts {
  const { sublist_stats: figures } = detail;
  return [
    ["System account", detail.is_system === true ? shown("yes") : undefined],
    ["Connections", count(detail.client_connections)],
    ["Settings of", timeOfDay(detail.update_time)],
    ...(figures === undefined ? [] : sublistFacts(figures)),
  ];
}

function mappingsOf({ mappings = {} }: AccountDetail): readonly Mapping[] {
  return Object.entries(mappings).flatMap(([source, targets]) => {
    return targets.map((target) => ({ source, ...target }));
  });
}
