/**
 * How logs name a client, in the reference's form:
 * `127.0.0.1:5000 - cid:7 - "v1.2:go:app" - "$G/user:bob" - text`.
 */
import type { ConnectOptions } from "./connect.ts";

export function addressLabel(address: string, port: number, cid: number): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port} - cid:${cid}`;
}

/** What logs add to a connection's address once it has said who it is. */
export function connectLabel(connect: ConnectOptions, account: string, userLabel: string): string {
  const version = connect.version === "" ? "" : `v${connect.version}`;
  const parts = [version, connect.lang, connect.name].filter((part) => part !== "");
  const client = parts.length === 0 ? "" : ` - "${parts.join(":")}"`;
  const user = userLabel === "" ? "" : ` - "${account}/${userLabel}"`;
  return client + user;
}
