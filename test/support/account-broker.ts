/**
 * A broker in memory with the accounts of a configuration text, as a server sets them up and as a
 * reload changes them. Where the text has no users, each account has one of its own name. Used by
 * the unit tests of accounts and of what they import.
 */
import { AuthResources } from "../../src/auth/auth-resources.ts";
import { makeAuthenticator } from "../../src/auth/make-authenticator.ts";
import type { Account } from "../../src/broker/account.ts";
import { AccountSetUp } from "../../src/broker/account-set-up.ts";
import type { Broker } from "../../src/broker/broker.ts";
import { PermissionTable } from "../../src/broker/permissions.ts";
import type { UserSettings } from "../../src/config/blocks/users.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type Options, defaultOptions, withValues } from "../../src/config/options.ts";
import { subjectBytes } from "../../src/subject/subject.ts";
import type { FakeClock } from "./fake-clock.ts";
import { MemoryBroker, type MemoryPeer, QUIET } from "./memory-broker.ts";
import { type WireMessage, messagesIn } from "./wire-messages.ts";

/** What the checks of the configuration say, and the options if they say nothing. */
export function checkedConfig(config: string): {
  readonly options: Options;
  readonly errors: readonly string[];
} {
  const { values, errors } = loadConfig("test.conf", {
    read: () => `${config}\n`,
    environment: () => undefined,
    isUsableDirectory: () => undefined,
  });
  return { options: withValues(defaultOptions(), values), errors };
}

export class AccountBroker {
  readonly memory: MemoryBroker;
  readonly broker: Broker;
  readonly clock: FakeClock;
  readonly #accounts: AccountSetUp;
  readonly #permissions: PermissionTable;
  readonly #resources: AuthResources;

  constructor(config: string, options: Partial<Options> = {}) {
    this.memory = new MemoryBroker({ options });
    this.broker = this.memory.broker;
    this.clock = this.memory.clock;
    this.#accounts = new AccountSetUp(this.broker);
    this.#permissions = new PermissionTable();
    this.#resources = new AuthResources();
    this.configure(config);
  }

  /** Does what a reload does; throws if the text has mistakes, unless they are to be ignored. */
  configure(config: string, ignoresMistakes = false): void {
    const { options, errors } = checkedConfig(config);
    if (errors.length > 0 && !ignoresMistakes) throw new Error(errors.join("\n"));
    this.#accounts.apply(options);
    const { context } = this.memory;
    const everybody = withUsers(options);
    context.authenticator = makeAuthenticator(
      everybody,
      this.broker,
      this.#permissions,
      this.#resources,
    );
    for (const connection of [...this.broker.connections.values()]) connection.reauthorize();
    context.flushQueue.flush();
  }

  account(name: string): Account {
    const account = this.broker.account(name);
    if (account === undefined) throw new Error(`no account ${name}`);
    return account;
  }

  /** A client that has logged in as `user`, by a password of the same text. */
  client(user: string, fields: Readonly<Record<string, unknown>> = {}): MemoryPeer {
    const name = wireText(user);
    const all = { ...QUIET, headers: true, user: name, pass: name, ...fields };
    const peer = this.memory.connect(all);
    if (!peer.client.isLive) throw new Error(`${user} is refused`);
    return peer;
  }

  /** Subscriptions of all accounts, those that imports have made included. */
  get subscriptionCount(): number {
    return this.broker.subscriptionCount;
  }

  /** Requests to services of all accounts that wait for answers. */
  get pendingCount(): number {
    let count = 0;
    for (const { responses } of this.broker.accounts.values()) count += responses?.count ?? 0;
    return count;
  }

  /** Lets what waits for the end of a turn happen. */
  settle(): void {
    this.clock.advance(0);
    this.memory.context.flushQueue.flush();
  }
}

/** With a user in each account if there are none. */
function withUsers(options: Options): Options {
  if (options.accounts.some(({ users }) => users.length > 0)) return options;
  const accounts = options.accounts.map((account) => {
    const { name } = account;
    const user: UserSettings = {
      username: name,
      password: name,
      nkey: undefined,
      permissions: undefined,
      allowedConnectionTypes: undefined,
      proxyRequired: false,
    };
    return { ...account, users: [user] };
  });
  return { ...options, accounts };
}

/** The messages that the peer has got since it was last asked; throws for all else but PING. */
export function received(peer: MemoryPeer): WireMessage[] {
  return messagesIn(peer.read());
}

/** Their payloads. */
export function payloads(peer: MemoryPeer): string[] {
  return received(peer).map(({ payload }) => payload);
}

/** The only message that the peer has got. */
export function receivedOne(peer: MemoryPeer): WireMessage {
  const [message, ...others] = received(peer);
  if (message === undefined || others.length > 0) {
    throw new Error(`${others.length + (message === undefined ? 0 : 1)} messages`);
  }
  return message;
}

/** Text of PUB; one byte per character. */
export function pub(subject: string, payload = "", reply = ""): string {
  const to = reply === "" ? subject : `${subject} ${reply}`;
  return `PUB ${to} ${payload.length}\r\n${payload}\r\n`;
}

/** UTF-8 text with one character per byte, as peers send and get it. */
export function wireText(text: string): string {
  return Buffer.from(text).toString("latin1");
}

/** Whether a message to the subject would reach somebody in the account. */
export function hasInterest(account: Account, subject: string): boolean {
  const bytes = subjectBytes(subject);
  const { plain, queues } = account.sublist.matchBytes(bytes, 0, bytes.length);
  return plain.length + queues.length > 0;
}
