/**
 * One way of logging in. Each stands in a file of its own that exports a `MethodMaker`, and has a
 * row in the table of `chain.ts`.
 */
import type { Account } from "../broker/account.ts";
import type { Options } from "../config/options.ts";
import type { Verdict } from "./authenticator.ts";
import type { ListedUser } from "./listed-user.ts";
import type { LogIn } from "./log-in.ts";
import type { Secrets } from "./secrets.ts";

/** Undefined: not a matter for this method, ask the next. */
export type Method = (logIn: LogIn) => Verdict | Promise<Verdict> | undefined;

/** Undefined if nothing is configured for the method. */
export type MethodMaker = (setup: MethodSetup) => Method | undefined;

/** What methods are made from. */
export interface MethodSetup {
  readonly options: Options;
  readonly globalAccount: Account;
  /** By name. */
  readonly users: ReadonlyMap<string, ListedUser>;
  /** By public key. */
  readonly nkeys: ReadonlyMap<string, ListedUser>;
  /** Name or key of the user for those without credentials; "" if there is none. */
  readonly noAuthUser: string;
  readonly secrets: Secrets;
}
