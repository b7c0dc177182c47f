/**
 * The time that clients have to log in where nothing says it; nats-server's
 * getDefaultAuthTimeout. Used where options are put together, and where it matters whether somebody
 * has set it.
 */
import { type Options, optionRows } from "./options.ts";

/** For the handshake, where the `tls` block does not say it; /varz tells it also without TLS. */
export const USUAL_TLS_TIMEOUT_MS = 2000;

/** What a client with TLS gets beyond the time of its handshake. */
const AFTER_HANDSHAKE_MS = 1000;

export function usualAuthTimeoutMs({ tls }: Options): number {
  if (tls === undefined) return optionRows.authTimeoutMs.default;
  return (tls.timeoutMs ?? USUAL_TLS_TIMEOUT_MS) + AFTER_HANDSHAKE_MS;
}
