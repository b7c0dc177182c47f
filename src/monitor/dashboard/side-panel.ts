/**
 * The panel at the side with the details of one thing. Escape or its button closes it, and focus
 * goes back to where it was opened.
 */
import { button, byId, element, showText } from "./element.ts";
import type { Source } from "./poll-loop.ts";

/** What fills the panel. */
export interface Details extends Source {
  readonly title: string;
  readonly element: HTMLElement;
}

export class SidePanel {
  readonly #box: HTMLElement;
  readonly #title: HTMLElement;
  readonly #content: HTMLElement;
  readonly #onOpen: (details: Details) => void;
  #details: Details | undefined;
  #opener: Element | null;

  constructor(onOpen: (details: Details) => void) {
    this.#onOpen = onOpen;
    this.#details = undefined;
    this.#opener = null;
    this.#box = byId("panel");
    this.#title = element("h2", { id: "panel-title", tabindex: "-1" });
    this.#content = element("div", { class: "content" });
    const close = button("✕", () => this.close(), { "aria-label": "Close details" });
    this.#box.append(element("div", { class: "head" }, this.#title, close), this.#content);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  /** What is open; undefined while nothing is. */
  get details(): Details | undefined {
    return this.#details;
  }

  open(details: Details): void {
    const { activeElement } = document;
    if (!this.#box.contains(activeElement)) this.#opener = activeElement;
    this.#details = details;
    showText(this.#title, details.title);
    this.#content.replaceChildren(details.element);
    this.#content.scrollTop = 0;
    this.#box.hidden = false;
    this.#title.focus();
    this.#onOpen(details);
  }

  close(): void {
    if (this.#details === undefined) return;
    this.#details = undefined;
    this.#box.hidden = true;
    this.#content.replaceChildren();
    if (this.#opener instanceof HTMLElement) this.#opener.focus();
  }
}
