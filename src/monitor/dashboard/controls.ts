/**
 * What stands above tables: fields to search by, a choice between a few, a list of accounts. Each
 * calls back once somebody has stopped typing or has chosen.
 */
import { type AccountNames, ask } from "./answers.ts";
import { element } from "./element.ts";

const TYPING_PAUSE_MS = 250;
const NAMES_INTERVAL_MS = 30_000;

export interface FieldSettings {
  readonly label: string;
  readonly placeholder: string;
}

/** A field for a text; `onChange` comes when typing pauses. */
export function searchField(
  { label, placeholder }: FieldSettings,
  onChange: (text: string) => void,
): HTMLInputElement {
  const attributes = { type: "search", placeholder, autocomplete: "off", spellcheck: "false" };
  const field = element("input", { ...attributes, "aria-label": label });
  let timer = 0;
  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => onChange(field.value.trim()), TYPING_PAUSE_MS);
  });
  return field;
}

/** Buttons of which one is chosen, at first the first. */
export function choice<Value extends string>(
  label: string,
  values: readonly (readonly [value: Value, title: string])[],
  onChange: (value: Value) => void,
): HTMLElement {
  const group = element("fieldset", { class: "choice" }, element("legend", {}, label));
  for (const [index, [value, title]] of values.entries()) {
    const input = element("input", { type: "radio", name: label, value });
    input.checked = index === 0;
    input.addEventListener("change", () => onChange(value));
    group.append(element("label", {}, input, element("span", {}, title)));
  }
  return group;
}

/** A choice of one account or all of them (""). */
export class AccountChoice {
  readonly element: HTMLSelectElement;
  #names: readonly string[];
  /** When they are worth asking for again: they change with the configuration only. */
  #dueMs: number;

  constructor(onChange: (account: string) => void) {
    this.#names = [];
    this.#dueMs = 0;
    const all = element("option", { value: "" }, "All accounts");
    this.element = element("select", { "aria-label": "Account" }, all);
    this.element.addEventListener("change", () => onChange(this.element.value));
  }

  /** Asks now and then which accounts there are. */
  async refresh(): Promise<void> {
    const nowMs = performance.now();
    if (nowMs < this.#dueMs) return;
    const { accounts } = await ask<AccountNames>("accountz");
    this.#dueMs = nowMs + NAMES_INTERVAL_MS;
    const names = accounts.toSorted();
    if (names.join("\n") === this.#names.join("\n")) return;
    this.#names = names;
    const { value } = this.element;
    const options = names.map((name) => element("option", { value: name }, name));
    this.element.replaceChildren(element("option", { value: "" }, "All accounts"), ...options);
    this.element.value = names.includes(value) ? value : "";
  }
}
