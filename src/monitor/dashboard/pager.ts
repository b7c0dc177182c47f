/**
 * Steps through a long list: "1–50 of 203", back and on. It knows where the page begins, the view
 * asks for it.
 */
import { button, element, showText } from "./element.ts";
import { count } from "./format.ts";

export class Pager {
  static readonly pageSize = 50;

  readonly element: HTMLElement;
  readonly #text: HTMLElement;
  readonly #back: HTMLButtonElement;
  readonly #on: HTMLButtonElement;
  readonly #onMove: () => void;
  #offset: number;

  constructor(onMove: () => void) {
    this.#offset = 0;
    this.#onMove = onMove;
    this.#text = element("span", { class: "range", "aria-live": "off" }, "\u00a0");
    const { pageSize } = Pager;
    this.#back = button("‹", () => this.#move(-pageSize), { "aria-label": "Previous page" });
    this.#on = button("›", () => this.#move(pageSize), { "aria-label": "Next page" });
    this.element = element("div", { class: "pager" }, this.#text, this.#back, this.#on);
  }

  /** Of the first entry. */
  get offset(): number {
    return this.#offset;
  }

  reset(): void {
    this.#offset = 0;
  }

  /** `rows` of `total` entries are shown, `note` stands behind. True for a page past the end. */
  render(rows: number, total: number, note = ""): boolean {
    const { pageSize } = Pager;
    const isPast = rows === 0 && this.#offset > 0;
    if (isPast) this.#offset = Math.floor(Math.max(0, total - 1) / pageSize) * pageSize;
    const last = this.#offset + rows;
    const range = rows === 0 ? "0" : `${count(this.#offset + 1).text}–${count(last).text}`;
    showText(this.#text, `${range} of ${count(total).text}${note}`);
    this.#back.disabled = this.#offset === 0;
    this.#on.disabled = last >= total;
    return isPast;
  }

  #move(by: number): void {
    this.#offset = Math.max(0, this.#offset + by);
    this.#onMove();
  }
}
