/**
 * The configurations of the rows that need one, and the users that their clients log in as.
 * workloads.ts names them, server-process.ts writes them to a file that both servers read. Every
 * user's password is the user's name.
 */

import { join } from "node:path";

/** Top-level options by key. The values are written as JSON, which both servers take. */
export type Configuration = Readonly<Record<string, unknown>>;

/** User names; a client without one sends no credentials. */
export interface Logins {
  /** Of those who publish or request. */
  readonly publisher?: string;
  /** Of those who subscribe or respond. */
  readonly subscriber?: string;
}

/** The users of every configuration here except that of many accounts. */
export const LOGINS: Logins = { publisher: "sender", subscriber: "receiver" };

const SENDER = user("sender");
const RECEIVER = user("receiver");

const RULES = 100;
/** Stands near the end of the list. */
const USED_RULE = 96;

/** Two users who may use what 100 rules allow; `b.*` is one of them. */
export function permissions(): Configuration {
  const allow = Array.from({ length: RULES }, (_, index) => ruleText(index));
  const rules = { permissions: { publish: { allow }, subscribe: { allow } } };
  return {
    authorization: {
      users: [
        { ...SENDER, ...rules },
        { ...RECEIVER, ...rules },
      ],
    },
  };
}

function ruleText(index: number): string {
  if (index === USED_RULE) return "b.*";
  switch (index % 4) {
    case 0:
      return `site.s${index}.*.status`;
    case 1:
      return `dev.d${index}.>`;
    default:
      return `cmd.c${index}.run`;
  }
}

/** The sender's account imports a service of the receiver's, under the same subject. */
export function serviceImport(subject: string): Configuration {
  return {
    accounts: {
      A: { users: [RECEIVER], exports: [{ service: subject }] },
      B: { users: [SENDER], imports: [{ service: { account: "A", subject } }] },
    },
  };
}

/** The receiver's account imports a stream of the sender's, under the prefix. */
export function streamImport(subject: string, prefix: string): Configuration {
  return {
    accounts: {
      A: { users: [SENDER], exports: [{ stream: subject }] },
      B: { users: [RECEIVER], imports: [{ stream: { account: "A", subject }, prefix }] },
    },
  };
}

/** An account whose messages to `from` go to `to` instead. */
export function mapping(from: string, to: string): Configuration {
  return { accounts: { A: { users: [SENDER, RECEIVER], mappings: { [from]: to } } } };
}

/** A certificate with an elliptic key (P-256), and nothing asked of clients. */
export function withTls(): Configuration {
  const file = (name: string) => join(import.meta.dir, "../tls/certificates", name);
  return { tls: { cert_file: file("server.pem"), key_file: file("server-key.pem") } };
}

/** Accounts with one user each, named as `accountUser` says. */
export function manyAccounts(count: number): Configuration {
  const accounts: Record<string, unknown> = {};
  for (let i = 0; i < count; i++) accounts[`A${i}`] = { users: [user(accountUser(i))] };
  return { accounts };
}

export function accountUser(index: number): string {
  return `user${index}`;
}

/** The text of the file. */
export function configurationText(configuration: Configuration): string {
  return Object.entries(configuration)
    .map(([key, value]) => `${key}: ${JSON.stringify(value, null, 2)}\n`)
    .join("");
}

function user(name: string) {
  return { user: name, password: name };
}
