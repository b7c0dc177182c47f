/**
 * The publish plans of an account's clients that have the same permissions: those of the subjects
 * they publish to, and, where the account has mappings, those of the subjects that messages go to
 * instead. Kept while there are such clients.
 */
import { type PlanSource, PlanTable, type PublishRule } from "./publish-plan.ts";

export class ClientPlans {
  readonly published: PlanTable;
  readonly #source: PlanSource;
  readonly #rule: PublishRule;
  #mapped: PlanTable | undefined;
  /** Clients that use these plans. */
  clients: number;

  constructor(source: PlanSource, rule: PublishRule) {
    this.published = new PlanTable(source, rule, true);
    this.#source = source;
    this.#rule = rule;
    this.#mapped = undefined;
    this.clients = 0;
  }

  /** Plans of the destinations of mappings, to which no mapping applies. */
  get mapped(): PlanTable {
    this.#mapped ??= new PlanTable(this.#source, this.#rule, false);
    return this.#mapped;
  }

  invalidate(subject: Uint8Array, hasWildcard: boolean): void {
    this.published.invalidate(subject, hasWildcard);
    this.#mapped?.invalidate(subject, hasWildcard);
  }

  clear(): void {
    this.published.clear();
    this.#mapped?.clear();
  }
}
