/**
 * The table of reasons for refusing a log-in: what the log says at debug level, and how monitoring
 * explains the end of the connection. Those that nats-server logs have its words.
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { Refusal, Verdict } from "./authenticator.ts";

function row(reason: string, closes = closeReasons.authenticationViolation): Verdict {
  const refusal: Refusal = { reason, closes };
  return { refusal };
}

export const refusals = {
  nothingPresented: row("No credentials that log in anybody"),
  unknownUser: row("User not known"),
  unknownNkey: row("Nkey not known"),
  connectionType: row("Connection type not allowed"),
  proxyRequired: {
    refusal: { reason: "proxy connection required", closes: closeReasons.proxyRequired },
  },
  wrongSecret: row("Password or token not right"),
  /** The hash would have to be presented as the password, which it is not. */
  hashedNoAuthUser: row("no_auth_user has a hashed password"),
  tooManyChecks: row("Too many passwords wait to be checked"),
  signatureMissing: row("Signature missing"),
  signatureWrong: row("Signature not verified"),
} as const satisfies Record<string, Verdict>;
