/**
 * One user with a password, or one token, for everybody (`--user --pass`, `--auth`).
 * Plain secrets are compared in constant time, whatever their lengths.
 */
import type { Account } from "../broker/account.ts";
import type { Authenticator, Credentials, Grant } from "./authenticator.ts";

export class SingleUser implements Authenticator {
  readonly isRequired = true;
  readonly #account: Account;
  readonly #user: string;
  readonly #password: string;

  constructor(account: Account, user: string, password: string) {
    this.#account = account;
    this.#user = user;
    this.#password = password;
  }

  authenticate(credentials: Credentials): Grant | undefined {
    const isUser = isSameSecret(credentials.user, this.#user);
    const isPassword = isSameSecret(credentials.password, this.#password);
    if (!isUser || !isPassword) return undefined;
    return { account: this.#account, label: `user:${this.#user}` };
  }
}

export class SingleToken implements Authenticator {
  readonly isRequired = true;
  readonly #account: Account;
  readonly #token: string;

  constructor(account: Account, token: string) {
    this.#account = account;
    this.#token = token;
  }

  authenticate(credentials: Credentials): Grant | undefined {
    if (!isSameSecret(credentials.token, this.#token)) return undefined;
    return { account: this.#account, label: "token" };
  }
}

/** Takes the same time wherever the secrets differ. */
function isSameSecret(given: string, expected: string): boolean {
  const left = sha256(given);
  const right = sha256(expected);
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!;
  return difference === 0;
}

function sha256(text: string): Uint8Array {
  return new Bun.CryptoHasher("sha256").update(text).digest();
}
