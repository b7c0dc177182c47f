/**
 * What views have in common: a tab that reads from the server, controls above a table, and a line
 * that says why the server refuses what was asked for.
 */
import { RefusedError } from "./answers.ts";
import { element, showText } from "./element.ts";
import type { Source } from "./poll-loop.ts";
import type { Tab } from "./tabs.ts";

export interface View extends Source, Tab {}

/** How views reach the rest of the page. */
export interface PageActions {
  /** Refreshes the source now. */
  hurry(source: Source): void;
  openConnection(cid: number): void;
  openAccount(account: string): void;
}

export class Refusal {
  readonly element: HTMLElement;

  constructor() {
    this.element = element("p", { class: "notice", role: "alert" });
    this.element.hidden = true;
  }

  /** What `read` gives; undefined, and the reason shown, if the server refuses it. */
  async during<Answer>(read: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await read();
      this.element.hidden = true;
      return answer;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      showText(this.element, error.message);
      this.element.hidden = false;
      return undefined;
    }
  }
}

/** A headline and what belongs under it. */
export function section(title: string, ...children: readonly Node[]): HTMLElement {
  return element("section", {}, element("h3", {}, title), ...children);
}
