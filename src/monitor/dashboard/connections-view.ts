/**
 * The tab with the connections, open or closed. The server sorts and pages; a text is searched for
 * here, among as many connections as can be read without being a burden.
 */
import { type Connection, type Connz, type Query, ask } from "./answers.ts";
import { type ConnectionState, accountOf, connectionColumns } from "./connection-columns.ts";
import { AccountChoice, choice, searchField } from "./controls.ts";
import { DataTable } from "./data-table.ts";
import { element } from "./element.ts";
import { count } from "./format.ts";
import { Pager } from "./pager.ts";
import { type PageActions, Refusal, type View } from "./view.ts";

/** How many connections are looked through for a text, and how many are read at a time. */
const SEARCHED = 4096;
const READ_AT_ONCE = 1024;

const STATES = [
  ["open", "Open"],
  ["closed", "Closed"],
  ["all", "All"],
] as const;

/** The latest of those that are gone are asked for most. */
const FIRST_SORT: Readonly<Record<ConnectionState, string>> = {
  open: "cid",
  closed: "stop",
  all: "cid",
};

/** What is to be shown: options of `/connz`, and the text to search for. */
interface ConnectionsQuery {
  readonly state: ConnectionState;
  readonly sort: string;
  readonly acc: string;
  readonly offset: number;
  readonly text: string;
}

export class ConnectionsView implements View {
  readonly name = "connections";
  readonly title = "Connections";
  readonly element: HTMLElement;
  readonly #actions: PageActions;
  readonly #columns: ReturnType<typeof connectionColumns>;
  readonly #accounts: AccountChoice;
  readonly #refusal: Refusal;
  readonly #pager: Pager;
  readonly #table: DataTable<Connection>;
  #state: ConnectionState;
  #sort: string;
  #account: string;
  #text: string;

  constructor(actions: PageActions) {
    this.#actions = actions;
    this.#state = "open";
    this.#sort = FIRST_SORT.open;
    this.#account = "";
    this.#text = "";
    const again = () => actions.hurry(this);
    this.#accounts = new AccountChoice((account) => this.#change(() => (this.#account = account)));
    this.#refusal = new Refusal();
    this.#pager = new Pager(again);
    this.#columns = connectionColumns(({ cid }) => actions.openConnection(cid));
    const settings = {
      label: "Connections",
      keyOf: ({ cid }: Connection) => String(cid),
      emptyText: "No connections",
      onSort: (sort: string) => this.#change(() => (this.#sort = sort)),
    };
    this.#table = new DataTable(settings, this.#columns.open);
    this.#table.setSort(this.#sort);
    const field = { label: "Filter connections", placeholder: "Name, address, user, client …" };
    const toolbar = element(
      "div",
      { class: "toolbar" },
      choice("Which connections", STATES, (state) => this.#change(() => this.#show(state))),
      searchField(field, (text) => this.#change(() => (this.#text = text.toLowerCase()))),
      this.#accounts.element,
      this.#pager.element,
    );
    this.element = element("div", {}, toolbar, this.#refusal.element, this.#table.element);
  }

  async refresh(): Promise<void> {
    await this.#accounts.refresh();
    const query = this.#query();
    const found = await this.#refusal.during(() => this.#read(query));
    const isOutdated = JSON.stringify(query) !== JSON.stringify(this.#query());
    if (found === undefined || isOutdated) return;
    this.#table.setColumns(this.#columns[this.#state]);
    this.#table.setSort(this.#sort);
    this.#table.render(found.connections);
    const note = found.isPartial ? ` in the first ${count(SEARCHED).text}` : "";
    const isPast = this.#pager.render(found.connections.length, found.total, note);
    if (isPast) this.#actions.hurry(this);
  }

  #change(set: () => void): void {
    set();
    this.#pager.reset();
    this.#actions.hurry(this);
  }

  #show(state: ConnectionState): void {
    this.#state = state;
    this.#sort = FIRST_SORT[state];
  }

  #query(): ConnectionsQuery {
    return {
      state: this.#state,
      sort: this.#sort,
      acc: this.#account,
      offset: this.#pager.offset,
      text: this.#text,
    };
  }

  async #read({ text, offset, ...query }: ConnectionsQuery) {
    const limit = Pager.pageSize;
    if (text === "") {
      const { connections, total } = await ask<Connz>("connz", {
        ...query,
        auth: 1,
        offset,
        limit,
      });
      return { connections, total, isPartial: false };
    }
    const { connections, total } = await readMany({ ...query, auth: 1 });
    const matching = connections.filter((connection) => contains(connection, text));
    return {
      connections: matching.slice(offset, offset + limit),
      total: matching.length,
      isPartial: total > SEARCHED,
    };
  }
}

async function readMany(query: Query) {
  const connections: Connection[] = [];
  let total = 0;
  do {
    const page = { offset: connections.length, limit: READ_AT_ONCE };
    const answer = await ask<Connz>("connz", { ...query, ...page });
    connections.push(...answer.connections);
    total = answer.total;
    if (answer.connections.length < READ_AT_ONCE) break;
  } while (connections.length < Math.min(total, SEARCHED));
  return { connections, total };
}

function contains(connection: Connection, text: string): boolean {
  const { cid, name, ip, port, authorized_user: user, lang, version, reason } = connection;
  const fields = [cid, name, `${ip}:${port}`, accountOf(connection), user, reason];
  const words = [...fields, `${lang ?? ""} ${version ?? ""}`, connection.mqtt_client];
  return words.some((word) =>
    String(word ?? "")
      .toLowerCase()
      .includes(text),
  );
}
