/**
 * Users with a public key, who sign the nonce of their INFO. Also who has presented nothing, where
 * `no_auth_user` is one of them; that key needs no signature from anybody.
 */
import type { Credentials, Verdict } from "./authenticator.ts";
import type { ListedUser } from "./listed-user.ts";
import type { LogIn } from "./log-in.ts";
import type { Method, MethodSetup } from "./method.ts";
import { NonceSignature } from "./nonce-signature.ts";
import { refusals } from "./refusals.ts";

interface KeyHolder {
  readonly user: ListedUser;
  readonly signature: NonceSignature;
}

/** A key that is presented has to be a known one, whatever is presented beside it. */
export function makeNkeys({ nkeys, noAuthUser }: MethodSetup): Method | undefined {
  if (nkeys.size === 0) return undefined;
  const holders = new Map<string, KeyHolder>();
  for (const [nkey, user] of nkeys) {
    holders.set(nkey, { user, signature: new NonceSignature(nkey) });
  }
  const silent = holders.get(noAuthUser);
  return (logIn) => {
    const { credentials } = logIn;
    const holder = isNobody(credentials) ? silent : holders.get(credentials.nkey);
    if (holder === undefined) return credentials.nkey === "" ? undefined : refusals.unknownNkey;
    const obstacle = holder.user.obstacle(credentials.connectionType);
    if (obstacle !== undefined) return obstacle;
    return holder === silent ? holder.user.grantedUnproven : judgeSignature(holder, logIn);
  };
}

function isNobody({ user, password, token, nkey }: Credentials): boolean {
  return user === "" && password === "" && token === "" && nkey === "";
}

function judgeSignature(
  { user, signature }: KeyHolder,
  { credentials, applicant }: LogIn,
): Verdict | Promise<Verdict> {
  if (applicant.grant?.proof === user.identity) return user.granted;
  if (credentials.signature === "") return refusals.signatureMissing;
  return signature
    .isBy(credentials.signature, credentials.nonce)
    .then((isRight) => (isRight ? user.granted : refusals.signatureWrong));
}
