/**
 * One token for everybody: `token` of the authorization block, `--auth`. Who works with it, in the
 * global account, is named in logs as they name themselves.
 */
import type { Verdict } from "./authenticator.ts";
import { claimOf } from "./log-in.ts";
import type { Method, MethodSetup } from "./method.ts";
import { proofOf } from "./secrets.ts";

export function makeToken({ options, globalAccount, secrets }: MethodSetup): Method | undefined {
  const { authorizationToken: token } = options;
  if (token === "") return undefined;
  const proof = proofOf(token);
  return (logIn) => {
    const { label, identity } = claimOf(logIn.credentials);
    const granted: Verdict = {
      grant: {
        account: globalAccount,
        permissions: undefined,
        label,
        identity,
        listedAs: "",
        proof,
      },
    };
    return secrets.judge({ configured: token, given: logIn.credentials.token }, logIn, granted);
  };
}
