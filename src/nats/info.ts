/**
 * The INFO line: what the server tells a client of itself, at the greeting and when it changes.
 * Field names, order and omission rules are the reference's for a stand-alone server.
 */
import type { ServerIdentity } from "../broker/server-identity.ts";

/** What not every INFO has. */
export interface InfoParticulars {
  readonly isLameDuck?: boolean;
  /** Whether log-in is required, where the greeting may say otherwise. */
  readonly isAuthRequired?: boolean;
  /** What the client may have to sign; "" or absent for nothing. */
  readonly nonce?: string;
  /** The account's name in the INFO that follows the first PING. */
  readonly boundAccount?: string;
  readonly isSystem?: boolean;
}

export interface InfoFields extends InfoParticulars {
  readonly host: string;
  readonly port: number;
  readonly hasHeaders: boolean;
  readonly isAuthRequired: boolean;
  readonly maxPayloadBytes: number;
  readonly cid: number;
  readonly clientAddress: string;
  /** Whether the server is about to end. */
  readonly isLameDuck: boolean;
}

/** JetStream API level; the reference always reports it. */
const API_LEVEL = 5;

export function infoLine(identity: ServerIdentity, fields: InfoFields): string {
  const info = {
    server_id: identity.id,
    server_name: identity.name,
    version: identity.version,
    midge_version: identity.midgeVersion,
    proto: 1,
    git_commit: identity.gitCommit || undefined,
    go: identity.runtime,
    host: fields.host,
    port: fields.port,
    headers: fields.hasHeaders,
    auth_required: fields.isAuthRequired || undefined,
    max_payload: fields.maxPayloadBytes,
    client_id: fields.cid,
    client_ip: fields.clientAddress || undefined,
    nonce: fields.nonce || undefined,
    ldm: fields.isLameDuck || undefined,
    connect_info: fields.boundAccount === undefined ? undefined : true,
    remote_account: fields.boundAccount,
    acc_is_sys: fields.isSystem || undefined,
    api_lvl: API_LEVEL,
    xkey: identity.xkey,
  };
  return `INFO ${JSON.stringify(info)} \r\n`;
}
