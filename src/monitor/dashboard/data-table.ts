/**
 * A table whose rows are brought up to date in place: rows stay what they are as long as their key
 * is there, so that focus and selected text survive a poll.
 */
import { type Shown, button, element, show, showText } from "./element.ts";

export interface Column<Row> {
  readonly title: string;
  show(row: Row): Shown;
  readonly isNumber?: boolean;
  /** Subjects and keys: in a font in which they can be compared. */
  readonly isCode?: boolean;
  /** The name by which rows can be ordered by it, and in which direction that goes. */
  readonly sort?: string;
  readonly isAscending?: boolean;
  /** Opens what the cell names; a cell without it, or where it gives undefined, is plain. */
  open?(row: Row): (() => void) | undefined;
}

export interface TableSettings<Row> {
  readonly label: string;
  keyOf(row: Row): string;
  /** What stands there instead of rows, unless something else is said. */
  readonly emptyText: string;
  /** Called with the name of the order. */
  onSort?(sort: string): void;
}

interface LiveRow<Row> {
  readonly element: HTMLTableRowElement;
  readonly cells: readonly HTMLElement[];
  row: Row;
}

export class DataTable<Row> {
  readonly element: HTMLElement;
  readonly #settings: TableSettings<Row>;
  readonly #head: HTMLTableRowElement;
  readonly #body: HTMLTableSectionElement;
  readonly #empty: HTMLElement;
  readonly #rows: Map<string, LiveRow<Row>>;
  #columns: readonly Column<Row>[];
  #sort: string;

  constructor(settings: TableSettings<Row>, columns: readonly Column<Row>[]) {
    this.#settings = settings;
    this.#head = element("tr");
    this.#body = element("tbody");
    this.#empty = element("p", { class: "empty" }, "Loading");
    this.#rows = new Map();
    this.#columns = [];
    this.#sort = "";
    const table = element("table", {}, element("thead", {}, this.#head), this.#body);
    const attributes = { class: "scroller", role: "region", tabindex: "0" };
    const { label } = settings;
    table.setAttribute("aria-label", label);
    this.element = element("div", { ...attributes, "aria-label": label }, table, this.#empty);
    this.setColumns(columns);
  }

  /** Replaces the columns, unless they are the same. */
  setColumns(columns: readonly Column<Row>[]): void {
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#rows.clear();
    this.#body.replaceChildren();
    this.#head.replaceChildren(...columns.map((column) => this.#heading(column)));
    this.setSort(this.#sort);
  }

  /** Marks the column by which rows are ordered. */
  setSort(sort: string): void {
    this.#sort = sort;
    for (const [index, column] of this.#columns.entries()) {
      const cell = this.#head.children[index];
      if (column.sort === undefined || cell === undefined) continue;
      const direction = column.isAscending ? "ascending" : "descending";
      if (column.sort === sort) cell.setAttribute("aria-sort", direction);
      else cell.removeAttribute("aria-sort");
    }
  }

  render(rows: readonly Row[], emptyText = this.#settings.emptyText): void {
    const gone = new Set(this.#rows.keys());
    for (const [index, row] of rows.entries()) {
      const key = this.#settings.keyOf(row);
      gone.delete(key);
      const live = this.#liveRow(key, row);
      const there = this.#body.children[index];
      if (there !== live.element) this.#body.insertBefore(live.element, there ?? null);
    }
    for (const key of gone) {
      this.#rows.get(key)?.element.remove();
      this.#rows.delete(key);
    }
    this.#empty.hidden = rows.length > 0;
    showText(this.#empty, emptyText);
  }

  #heading({ title, sort, isNumber }: Column<Row>): HTMLTableCellElement {
    const attributes = { scope: "col", ...(isNumber ? { class: "number" } : {}) };
    const { onSort } = this.#settings;
    if (sort === undefined || onSort === undefined) return element("th", attributes, title);
    return element(
      "th",
      attributes,
      button(title, () => onSort(sort), { class: "sort" }),
    );
  }

  #liveRow(key: string, row: Row): LiveRow<Row> {
    const known = this.#rows.get(key);
    const live = known ?? this.#newRow(row);
    this.#rows.set(key, live);
    live.row = row;
    for (const [index, column] of this.#columns.entries()) {
      const cell = live.cells[index];
      if (cell !== undefined) show(cell, column.show(row));
    }
    return live;
  }

  #newRow(row: Row): LiveRow<Row> {
    const line = element("tr");
    const openers: HTMLButtonElement[] = [];
    const cells = this.#columns.map(({ isNumber, isCode, open }) => {
      const cell = element("td", { class: isNumber ? "number" : isCode ? "code" : "text" });
      line.append(cell);
      if (open?.(row) === undefined) return cell;
      const opener = button("", () => open(live.row)?.(), { class: "link" });
      openers.push(opener);
      cell.append(opener);
      return opener;
    });
    const [opener] = openers;
    if (opener !== undefined) openByRow(line, opener);
    const live: LiveRow<Row> = { element: line, cells, row };
    return live;
  }
}

/** A click anywhere in the row does what its first button does, unless it selects text. */
function openByRow(line: HTMLTableRowElement, opener: HTMLButtonElement): void {
  line.classList.add("opens");
  line.addEventListener("click", ({ target }) => {
    const isButton = target instanceof Element && target.closest("button") !== null;
    if (isButton || !(document.getSelection()?.isCollapsed ?? true)) return;
    opener.focus();
    opener.click();
  });
}
