/**
 * Authenticators made from the text of a configuration, and what they decide as one line each, for
 * the tests of the methods of logging in.
 */
import { Buffer } from "node:buffer";
import { createUser } from "nkeys.js";
import { AuthResources } from "../../../src/auth/auth-resources.ts";
import type {
  Applicant,
  Authenticator,
  Credentials,
  Grant,
  Verdict,
} from "../../../src/auth/authenticator.ts";
import { makeAuthenticator } from "../../../src/auth/make-authenticator.ts";
import { Account } from "../../../src/broker/account.ts";
import { PermissionTable } from "../../../src/broker/permissions.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { type Options, defaultOptions, withValues } from "../../../src/config/options.ts";

/** Of "secret", at the lowest cost. */
export const SECRET_HASH = "$2a$04$bFQQ8CftiPbDJUFvuHrsr.FHfxAKFVAT4b4T8BUkdoaqVCUCt1mr6";

/** What the peers of these tests were given to sign. */
export const NONCE = "abcdefghijklmno";

/** The options of a file with this text; it may not contain mistakes. */
export function optionsIn(text: string, flags: Partial<Options> = {}): Options {
  const source = {
    read: () => `${text}\n`,
    environment: () => undefined,
    isUsableDirectory: () => undefined,
  };
  const { values, errors } = loadConfig("test.conf", source);
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return { ...withValues(defaultOptions(), values), ...flags };
}

/** A server's part in logging in, through reloads. */
export class Configured {
  readonly globalAccount = new Account("$G", true);
  readonly resources = new AuthResources();
  authenticator: Authenticator;
  readonly #accounts = new Map<string, Account>();
  readonly #permissions = new PermissionTable();

  constructor(text: string, flags?: Partial<Options>) {
    this.authenticator = this.#make(text, flags);
  }

  account(name: string): Account | undefined {
    return this.#accounts.get(name);
  }

  reload(text: string): void {
    this.authenticator = this.#make(text, undefined);
  }

  #make(text: string, flags: Partial<Options> | undefined): Authenticator {
    const options = optionsIn(text, flags);
    for (const { name } of options.accounts) {
      if (!this.#accounts.has(name)) this.#accounts.set(name, new Account(name, true));
    }
    return makeAuthenticator(options, this, this.#permissions, this.resources);
  }

  /** `account/label`, or the reason of the refusal. */
  async logIn(presented: Partial<Credentials>, applicant?: Applicant): Promise<string> {
    return outcomeOf(await this.authenticator.authenticate(credentials(presented), applicant));
  }

  /** What a reload gets for somebody who is in. */
  logInAgain(presented: Partial<Credentials>, grant: Grant): Verdict | Promise<Verdict> {
    const applicant = new RecordingApplicant(grant);
    return this.authenticator.authenticate(credentials(presented), applicant);
  }

  /** As `logIn`, for who sends no CONNECT; "CONNECT first" if there has to be one. */
  begin(presented: Partial<Credentials> = {}): string {
    const verdict = this.authenticator.authenticateSilent(credentials(presented));
    return verdict === undefined ? "CONNECT first" : outcomeOf(verdict);
  }

  /** Throws if it is refused. */
  async grant(presented: Partial<Credentials>): Promise<Grant> {
    const verdict = await this.authenticator.authenticate(credentials(presented));
    if ("refusal" in verdict) throw new Error(verdict.refusal.reason);
    return verdict.grant;
  }
}

/** One that waits, and keeps what the log is told of it. */
export class RecordingApplicant implements Applicant {
  readonly isLive = true;
  readonly grant: Grant | undefined;
  /** Each with its level: `DBG text`. */
  readonly lines: string[];

  constructor(grant?: Grant) {
    this.grant = grant;
    this.lines = [];
  }

  debug(text: string): void {
    this.lines.push(`DBG ${text}`);
  }

  warn(text: string): void {
    this.lines.push(`WRN ${text}`);
  }
}

export function credentials(presented: Partial<Credentials>): Credentials {
  return {
    user: "",
    password: "",
    token: "",
    nkey: "",
    signature: "",
    jwt: "",
    nonce: NONCE,
    connectionType: "STANDARD",
    certificate: undefined,
    address: "127.0.0.1",
    ...presented,
  };
}

export function outcomeOf(verdict: Verdict): string {
  if ("refusal" in verdict) return verdict.refusal.reason;
  return `${verdict.grant.account.name}/${verdict.grant.label}`;
}

/** A new key, and what its holder presents. */
export class KeyHolder {
  readonly #keys = createUser();
  readonly nkey = this.#keys.getPublicKey();

  sign(nonce = NONCE, encoding: "base64url" | "base64" = "base64url"): string {
    return Buffer.from(this.#keys.sign(Buffer.from(nonce))).toString(encoding);
  }

  credentials(nonce = NONCE): Partial<Credentials> {
    return { nkey: this.nkey, signature: this.sign(nonce) };
  }
}
