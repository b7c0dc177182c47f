/**
 * The tabs of the page. Arrow keys move between them, and the address keeps which one is open, so
 * that it survives loading the page again.
 */
import { button, byId, element } from "./element.ts";

export interface Tab {
  readonly name: string;
  readonly title: string;
  readonly element: HTMLElement;
}

export class Tabs<View extends Tab> {
  readonly #tabs: readonly View[];
  readonly #buttons: Map<View, HTMLButtonElement>;
  readonly #onChange: (tab: View) => void;
  #current: View;

  /** The first is open unless the address names another; `onChange` comes with later ones. */
  constructor(tabs: readonly [View, ...View[]], onChange: (tab: View) => void) {
    this.#tabs = tabs;
    this.#buttons = new Map();
    this.#onChange = onChange;
    this.#current = tabs[0];
    const list = byId("tabs");
    for (const tab of tabs) {
      const attributes = {
        role: "tab",
        id: `tab-${tab.name}`,
        "aria-controls": `view-${tab.name}`,
      };
      const opener = button(tab.title, () => this.#choose(tab), attributes);
      this.#buttons.set(tab, opener);
      list.append(opener);
      const view = { role: "tabpanel", id: `view-${tab.name}`, "aria-labelledby": attributes.id };
      byId("views").append(element("section", view, tab.element));
    }
    list.addEventListener("keydown", (event) => this.#onKey(event));
    window.addEventListener("hashchange", () => this.#followAddress());
    this.#open(this.#named() ?? tabs[0]);
  }

  get current(): View {
    return this.#current;
  }

  /** Opens it at once, so that the next key starts from there; the address says so afterwards. */
  #choose(tab: View): void {
    this.#change(tab);
    window.location.replace(`#${tab.name}`);
  }

  #followAddress(): void {
    const named = this.#named();
    if (named !== undefined) this.#change(named);
  }

  #change(tab: View): void {
    if (tab === this.#current) return;
    this.#open(tab);
    this.#onChange(tab);
  }

  /** The tab that the address names. */
  #named(): View | undefined {
    const name = window.location.hash.slice(1);
    return this.#tabs.find((tab) => tab.name === name);
  }

  #open(chosen: View): void {
    this.#current = chosen;
    for (const [tab, opener] of this.#buttons) {
      const isChosen = tab === chosen;
      opener.setAttribute("aria-selected", String(isChosen));
      opener.tabIndex = isChosen ? 0 : -1;
      byId(`view-${tab.name}`).hidden = !isChosen;
    }
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step === undefined) return;
    const index = this.#tabs.indexOf(this.#current) + step;
    const next = this.#tabs.at(index % this.#tabs.length);
    if (next === undefined) return;
    event.preventDefault();
    this.#choose(next);
    this.#buttons.get(next)?.focus();
  }
}
