/**
 * One user for everybody: `user` and `password` of the authorization block, `--user --pass`. It
 * works in the global account.
 */
import type { Verdict } from "./authenticator.ts";
import type { Method, MethodSetup } from "./method.ts";
import { refusals } from "./refusals.ts";
import { isSameSecret, proofOf } from "./secrets.ts";

export function makeSingleUser(setup: MethodSetup): Method | undefined {
  const { options, globalAccount, secrets } = setup;
  const { username, password } = options;
  if (username === "") return undefined;
  const granted: Verdict = {
    grant: {
      account: globalAccount,
      permissions: undefined,
      label: `user:${username}`,
      identity: username,
      listedAs: "",
      proof: proofOf(password),
    },
  };
  return (logIn) => {
    const { user, password: given } = logIn.credentials;
    if (!isSameSecret(user, username)) return refusals.unknownUser;
    return secrets.judge({ configured: password, given }, logIn, granted);
  };
}
