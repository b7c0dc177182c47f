/**
 * Whether a configuration gives passwords away to everybody who can read it. The server warns of it
 * when it starts.
 */
import type { Options } from "../config/options.ts";
import { isBcryptHash } from "./bcrypt.ts";

/**
 * Users for whom no password is set count, since the empty one lets them in, but for those that
 * only a certificate can name. Tokens do not count.
 */
export function hasPlainPasswords({ password, users = [], accounts, tls }: Options): boolean {
  if (password !== "" && !isBcryptHash(password)) return true;
  const listed = [...users, ...accounts.flatMap((account) => account.users)];
  return listed.some((user) => {
    const { password: own = "", nkey, allowedConnectionTypes: types } = user;
    if (nkey !== undefined || isBcryptHash(own)) return false;
    const isMapped = tls?.verifyAndMap === true && (types?.includes("STANDARD") ?? true);
    return own !== "" || !isMapped;
  });
}
