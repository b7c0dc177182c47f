/**
 * The tab with the subscriptions: all, those of one account, or those that a message to a given
 * subject would reach.
 */
import { type Query, type Subscription, type Subsz, ask } from "./answers.ts";
import { AccountChoice, searchField } from "./controls.ts";
import { type Column, DataTable } from "./data-table.ts";
import { element, shown } from "./element.ts";
import { FactList } from "./fact-list.ts";
import { count } from "./format.ts";
import { Pager } from "./pager.ts";
import { sublistFacts } from "./sublist-facts.ts";
import { type PageActions, Refusal, type View } from "./view.ts";

function subscriptionColumns(actions: PageActions): readonly Column<Subscription>[] {
  return [
    { title: "Subject", show: ({ subject }) => shown(subject), isCode: true },
    { title: "Queue", show: ({ qgroup }) => shown(qgroup ?? "–"), isCode: true },
    { title: "Account", show: ({ account }) => shown(account ?? "–") },
    {
      title: "CID",
      show: ({ cid }) => (cid === 0 ? shown("–") : shown(String(cid))),
      isNumber: true,
      // What the server subscribes to itself is no connection's.
      open: ({ cid }) => (cid === 0 ? undefined : () => actions.openConnection(cid)),
    },
    { title: "SID", show: ({ sid }) => shown(sid), isNumber: true },
    { title: "Delivered", show: ({ msgs }) => count(msgs), isNumber: true },
    {
      title: "Max",
      show: ({ max }) => (max === undefined ? shown("–") : count(max)),
      isNumber: true,
    },
  ];
}

export class SubscriptionsView implements View {
  readonly name = "subscriptions";
  readonly title = "Subscriptions";
  readonly element: HTMLElement;
  readonly #actions: PageActions;
  readonly #accounts: AccountChoice;
  readonly #refusal: Refusal;
  readonly #pager: Pager;
  readonly #facts: FactList;
  readonly #table: DataTable<Subscription>;
  #test: string;
  #account: string;

  constructor(actions: PageActions) {
    this.#actions = actions;
    this.#test = "";
    this.#account = "";
    this.#accounts = new AccountChoice((account) => this.#change(() => (this.#account = account)));
    this.#refusal = new Refusal();
    this.#pager = new Pager(() => actions.hurry(this));
    this.#facts = new FactList();
    const settings = {
      label: "Subscriptions",
      keyOf: (row: Subscription) => `${row.account} ${row.cid} ${row.sid} ${row.subject}`,
      emptyText: "No subscriptions",
    };
    this.#table = new DataTable(settings, subscriptionColumns(actions));
    const field = { label: "Subject to test", placeholder: "Who gets subject …" };
    const toolbar = element(
      "div",
      { class: "toolbar" },
      searchField(field, (text) => this.#change(() => (this.#test = text))),
      this.#accounts.element,
      this.#pager.element,
    );
    const { element: refusal } = this.#refusal;
    this.element = element("div", {}, toolbar, refusal, this.#table.element, this.#facts.element);
  }

  async refresh(): Promise<void> {
    await this.#accounts.refresh();
    const query = this.#query();
    const answer = await this.#refusal.during(() => ask<Subsz>("subsz", query));
    const isOutdated = JSON.stringify(query) !== JSON.stringify(this.#query());
    if (answer === undefined || isOutdated) return;
    const { subscriptions_list: list = [], total } = answer;
    this.#table.render(list);
    this.#facts.render(sublistFacts(answer));
    if (this.#pager.render(list.length, total)) this.#actions.hurry(this);
  }

  #change(set: () => void): void {
    set();
    this.#pager.reset();
    this.#actions.hurry(this);
  }

  #query(): Query {
    return {
      subs: 1,
      test: this.#test,
      acc: this.#account,
      offset: this.#pager.offset,
      limit: Pager.pageSize,
    };
  }
}
