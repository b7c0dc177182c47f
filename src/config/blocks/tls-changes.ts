/**
 * What the log says of a `tls` block that a reload has read again, in nats-server's lines. It says
 * so of every reload, since the files may hold other certificates.
 */
import { formatDuration } from "../../util/duration.ts";
import { USUAL_TLS_TIMEOUT_MS } from "../auth-timeout.ts";
import type { TlsSettings } from "./tls-settings.ts";

type Tls = TlsSettings | undefined;

/** One line each; none if there is TLS neither before nor after. */
export function tlsChangeLines(before: Tls, after: Tls): readonly string[] {
  const lines: string[] = [];
  const changes = <Value>(of: (tls: Tls) => Value, text: (value: Value) => string) => {
    const value = of(after);
    if (!Bun.deepEquals(of(before), value)) lines.push(`Reloaded: ${text(value)}`);
  };
  changes(
    (tls) => tls?.timeoutMs ?? USUAL_TLS_TIMEOUT_MS,
    (ms) => `tls timeout = ${ms / 1000}`,
  );
  if (before !== undefined || after !== undefined) {
    lines.push(`Reloaded: tls = ${after === undefined ? "disabled" : "enabled"}`);
  }
  changes(
    (tls) => tls?.pinnedCertificates ?? [],
    (pins) => `${pins.length} pinned_certs`,
  );
  changes(
    (tls) => tls?.handshakeFirst ?? false,
    (isFirst) => `Client TLS handshake first: ${isFirst}`,
  );
  changes(
    (tls) => tls?.handshakeFirstFallbackMs ?? 0,
    (ms) => `Client TLS handshake first fallback delay: ${formatDuration(ms)}`,
  );
  return lines;
}
