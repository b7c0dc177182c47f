/**
 * A list of names and values, as panels and the server's view show them. Values change in place;
 * those that are undefined are left out.
 */
import { type Shown, element, show } from "./element.ts";

export type Facts = readonly (readonly [name: string, value: Shown | undefined])[];

export class FactList {
  readonly element: HTMLElement;
  readonly #shown: Map<string, { readonly box: HTMLElement; readonly value: HTMLElement }>;

  constructor() {
    this.element = element("dl", { class: "facts" });
    this.#shown = new Map();
  }

  /** The names keep the order in which they first came. */
  render(facts: Facts): void {
    for (const [name, value] of facts) {
      const { box, value: target } = this.#entry(name);
      box.hidden = value === undefined;
      if (value !== undefined) show(target, value);
    }
  }

  #entry(name: string) {
    const known = this.#shown.get(name);
    if (known !== undefined) return known;
    const value = element("dd");
    const box = element("div", {}, element("dt", {}, name), value);
    const entry = { box, value };
    this.#shown.set(name, entry);
    this.element.append(box);
    return entry;
  }
}
