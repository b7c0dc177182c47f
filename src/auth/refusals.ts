/**
 * The table of reasons for refusing a log-in: what metrics call them, what the log says at debug
 * level, and how monitoring explains the end of the connection. Those that nats-server logs have
 * its words.
 */
import { closeReasons } from "../broker/close-reason.ts";
import type { Refusal, Verdict } from "./authenticator.ts";

/** A verdict that is a refusal. */
interface Refused {
  readonly refusal: Refusal;
}

function row(
  label: string,
  reason: string,
  closes = closeReasons.authenticationViolation,
): Refused {
  return { refusal: { label, reason, closes } };
}

export const refusals = {
  nothingPresented: row("nothing_presented", "No credentials that log in anybody"),
  unknownUser: row("unknown_user", "User not known"),
  unknownCertificate: row("unknown_certificate", "No user for the certificate"),
  unknownNkey: row("unknown_nkey", "Nkey not known"),
  connectionType: row("connection_type", "Connection type not allowed"),
  proxyRequired: {
    refusal: {
      label: "proxy_required",
      reason: "proxy connection required",
      closes: closeReasons.proxyRequired,
    },
  },
  wrongSecret: row("wrong_secret", "Password or token not right"),
  /** The hash would have to be presented as the password, which it is not. */
  hashedNoAuthUser: row("hashed_no_auth_user", "no_auth_user has a hashed password"),
  tooManyChecks: row("too_many_checks", "Too many passwords wait to be checked"),
  signatureMissing: row("signature_missing", "Signature missing"),
  signatureWrong: row("signature_wrong", "Signature not verified"),
  wantsAccount: row("account_asked_for", "CONNECT asks for an account"),
  /** Of a client that came before log-ins were asked for. */
  notLoggedIn: row("not_logged_in", "Not logged in"),
  /** Where log-ins are asked for; the client has said something else first. */
  noConnect: row("no_connect", "No CONNECT"),
} as const satisfies Record<string, Verdict>;
