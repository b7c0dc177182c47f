/**
 * How accounts fit together: users that exist twice, and exports and imports of accounts that do
 * not exist or do not allow them. Called by the loader once the whole file has been read. Reports
 * where and in which words nats-server does.
 */
import type { Position } from "../config-node.ts";
import type { ProblemList } from "../problems.ts";
import type { ExportSettings, ServiceExportSettings } from "./account-exports.ts";
import type { ImportSettings } from "./account-imports.ts";
import { WiredAccount } from "./account-wiring.ts";
import type { AccountSettings } from "./accounts.ts";
import type { AuthorizationSettings } from "./authorization.ts";
import { identityOf, reportDuplicates } from "./users.ts";

/** What accounts have to fit. */
export interface AccountSurroundings {
  /** Where the block `accounts` stands. */
  readonly position: Position;
  /** Undefined without a block `authorization`. */
  readonly authorization: AuthorizationSettings | undefined;
  /** Latency of services is measured only if it exists. */
  readonly hasSystemAccount: boolean;
}

/**
 * Reports what is wrong between the accounts. Exports and imports are looked at only if nothing
 * else is wrong so far, since they say little while some of them could not be read.
 */
export function checkAccounts(
  accounts: readonly AccountSettings[],
  surroundings: AccountSurroundings,
  problems: ProblemList,
): void {
  checkUsers(accounts, surroundings, problems);
  if (problems.errors.length > 0) return;
  new Wiring(accounts, surroundings, problems).check();
}

function checkUsers(
  accounts: readonly AccountSettings[],
  { authorization, position }: AccountSurroundings,
  problems: ProblemList,
): void {
  const identities = new Set(authorization?.users?.map(identityOf));
  for (const { users, usersPosition = position } of accounts) {
    if (users.length > 0 && authorization !== undefined) {
      if (authorization.username !== "") {
        problems.error(usersPosition, "Can not have a single user/pass and accounts");
      } else if (authorization.token !== "") {
        problems.error(usersPosition, "Can not have a token and accounts");
      }
    }
    reportDuplicates(users, identities, usersPosition, problems);
  }
}

/** Exports before imports, and streams before services. */
class Wiring {
  readonly #accounts: readonly AccountSettings[];
  readonly #surroundings: AccountSurroundings;
  readonly #problems: ProblemList;
  readonly #byName: ReadonlyMap<string, WiredAccount>;

  constructor(
    accounts: readonly AccountSettings[],
    surroundings: AccountSurroundings,
    problems: ProblemList,
  ) {
    this.#accounts = accounts;
    this.#surroundings = surroundings;
    this.#problems = problems;
    this.#byName = new Map(accounts.map(({ name }) => [name, new WiredAccount(name)]));
  }

  check(): void {
    for (const kind of ["stream", "service"]) {
      this.#forEach(
        (account) => account.exports.filter((one) => one.kind === kind),
        (account, settings) => this.#addExport(account, settings),
      );
    }
    for (const kind of ["stream", "service"]) {
      this.#forEach(
        (account) => account.imports.filter((one) => one.kind === kind),
        (account, settings) => this.#addImport(account, settings),
      );
    }
  }

  #forEach<Item>(
    itemsOf: (account: AccountSettings) => readonly Item[],
    add: (account: WiredAccount, item: Item) => void,
  ): void {
    for (const settings of this.#accounts) {
      const account = this.#byName.get(settings.name);
      if (account !== undefined) for (const item of itemsOf(settings)) add(account, item);
    }
  }

  #addExport(account: WiredAccount, settings: ExportSettings): void {
    const what = `${settings.kind} export`;
    const known = settings.accounts.filter((name) => this.#byName.has(name));
    for (const name of settings.accounts) {
      if (!this.#byName.has(name)) this.#reportUndefined(name, what);
    }
    const problem = account.addExport(settings, known);
    if (problem !== undefined) this.#reportFailure(what, settings.subject, problem);
    else if (settings.kind === "service") this.#checkLatency(account, settings);
  }

  #checkLatency(account: WiredAccount, settings: ServiceExportSettings): void {
    if (settings.latency === undefined) return;
    const failure = `Error adding service latency sampling for ${JSON.stringify(settings.subject)}`;
    if (!this.#surroundings.hasSystemAccount) {
      this.#report(`${failure}: system account not setup`);
      return;
    }
    const problem = account.latencyProblem(settings);
    if (problem === undefined) return;
    this.#report(`${failure} on subject ${JSON.stringify(settings.latency.subject)}: ${problem}`);
  }

  #addImport(account: WiredAccount, settings: ImportSettings): void {
    const what = `${settings.kind} import`;
    const exporter = this.#byName.get(settings.account);
    if (exporter === undefined) {
      this.#reportUndefined(settings.account, what);
      return;
    }
    const problem =
      settings.kind === "stream"
        ? account.addStreamImport(exporter, settings)
        : account.addServiceImport(exporter, settings);
    if (problem !== undefined) this.#reportFailure(what, settings.subject, problem);
  }

  #reportUndefined(name: string, what: string): void {
    this.#report(`${JSON.stringify(name)} account not defined for ${what}`);
  }

  #reportFailure(what: string, subject: string, problem: string): void {
    this.#report(`Error adding ${what} ${JSON.stringify(subject)}: ${problem}`);
  }

  #report(reason: string): void {
    this.#problems.error(this.#surroundings.position, reason);
  }
}
