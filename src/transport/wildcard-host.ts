/**
 * Listening on every address: the host 0.0.0.0 stands for IPv4 and IPv6, as in the reference.
 * Used by all listeners.
 */

/** Calls `listen` with `::` for 0.0.0.0, and with 0.0.0.0 itself on machines without IPv6. */
export function withWildcardHost<Listener>(
  host: string,
  listen: (address: string) => Listener,
): Listener {
  if (host !== "0.0.0.0") return listen(host);
  try {
    return listen("::");
  } catch (error) {
    if (!isFamilyMissing(error)) throw error;
    return listen(host);
  }
}

function isFamilyMissing(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL";
}
