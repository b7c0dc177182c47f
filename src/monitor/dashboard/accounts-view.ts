/**
 * The tab with the accounts and their traffic, those without connections included. The endpoint
 * gives all of them at once, so they are sorted here.
 */
import { type AccountFigures, type Accstatz, ask } from "./answers.ts";
import { type Column, DataTable } from "./data-table.ts";
import { element, shown } from "./element.ts";
import { bytes, count } from "./format.ts";
import type { PageActions, View } from "./view.ts";

interface AccountColumn extends Column<AccountFigures> {
  readonly key: (row: AccountFigures) => number | string;
}

function figure(
  title: string,
  key: (row: AccountFigures) => number,
  format: typeof count = count,
): AccountColumn {
  return { title, key, show: (row) => format(key(row)), isNumber: true, sort: title };
}

const NAME_SORT = "Account";

function accountColumns(open: (account: string) => void): readonly AccountColumn[] {
  return [
    {
      title: NAME_SORT,
      key: (row) => row.acc,
      show: (row) => shown(row.acc, row.name),
      sort: NAME_SORT,
      isAscending: true,
      open: (row) => () => open(row.acc),
    },
    figure("Connections", (row) => row.conns),
    figure("Since start", (row) => row.total_conns),
    figure("Subscriptions", (row) => row.num_subscriptions),
    // The endpoint tells of what the account's clients got and gave from the server's side.
    figure("Msgs in", (row) => row.received.msgs),
    figure("Msgs out", (row) => row.sent.msgs),
    figure("Bytes in", (row) => row.received.bytes, bytes),
    figure("Bytes out", (row) => row.sent.bytes, bytes),
    figure("Slow consumers", (row) => row.slow_consumers),
  ];
}

export class AccountsView implements View {
  readonly name = "accounts";
  readonly title = "Accounts";
  readonly element: HTMLElement;
  readonly #columns: readonly AccountColumn[];
  readonly #table: DataTable<AccountFigures>;
  #rows: readonly AccountFigures[];
  #sort: string;

  constructor(actions: PageActions) {
    this.#rows = [];
    this.#sort = NAME_SORT;
    this.#columns = accountColumns((account) => actions.openAccount(account));
    const settings = {
      label: "Accounts",
      keyOf: ({ acc }: AccountFigures) => acc,
      emptyText: "No accounts",
      onSort: (sort: string) => {
        this.#sort = sort;
        this.#render();
      },
    };
    this.#table = new DataTable(settings, this.#columns);
    this.element = element("div", {}, this.#table.element);
  }

  async refresh(): Promise<void> {
    const { account_statz: rows } = await ask<Accstatz>("accstatz", { unused: 1 });
    this.#rows = rows;
    this.#render();
  }

  #render(): void {
    const column = this.#columns.find(({ sort }) => sort === this.#sort);
    if (column === undefined) return;
    const sign = column.isAscending ? 1 : -1;
    const sorted = this.#rows.toSorted((left, right) => {
      const [leftKey, rightKey] = [column.key(left), column.key(right)];
      if (leftKey === rightKey) return left.acc < right.acc ? -1 : 1;
      return leftKey < rightKey ? -sign : sign;
    });
    this.#table.setSort(this.#sort);
    this.#table.render(sorted);
  }
}
