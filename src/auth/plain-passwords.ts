/**
 * Whether a configuration gives passwords away to everybody who can read it. The server warns of it
 * when it starts.
 */
import type { Options } from "../config/options.ts";
import { isBcryptHash } from "./bcrypt.ts";

/** Users for whom no password is set count: the empty one lets them in. Tokens do not. */
export function hasPlainPasswords({ password, users = [], accounts }: Options): boolean {
  if (password !== "" && !isBcryptHash(password)) return true;
  const listed = [...users, ...accounts.flatMap((account) => account.users)];
  return listed.some((user) => user.nkey === undefined && !isBcryptHash(user.password ?? ""));
}
