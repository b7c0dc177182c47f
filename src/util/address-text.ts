/**
 * Addresses as logs and errors show them, and why one of them cannot be listened on. Used by the
 * server's ports.
 */
import { errorText } from "./system-error.ts";

/** `host:port`, with brackets around IPv6. */
export function addressText(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** nats-server's line for what the system says; `error` is the system's. */
export function listenProblem(address: string, error: unknown): string {
  return `Error listening on port: ${address}, "${errorText(error)}"`;
}
