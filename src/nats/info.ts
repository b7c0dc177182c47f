/**
 * The INFO line: what the server tells a client of itself, at the greeting and when it changes.
 * Field names, order and omission rules are the reference's for a stand-alone server.
 */
import type { ServerIdentity } from "../broker/server-identity.ts";

/** What not every INFO has. */
export interface InfoParticulars {
  /** Where it is not the one that the connection comes from; "" for none. */
  readonly clientAddress?: string;
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
  /** What the listener asks of TLS; undefined for none. */
  readonly tls: InfoTls | undefined;
  readonly maxPayloadBytes: number;
  readonly cid: number;
  readonly clientAddress: string;
  /** Whether the server is about to end. */
  readonly isLameDuck: boolean;
}

export interface InfoTls {
  readonly isRequired: boolean;
  /** Whether clients have to present a certificate. */
  readonly isVerified: boolean;
}

/** JetStream API level; the reference always reports it. */
const API_LEVEL = 5;

/** What an INFO line says before and after its particulars. */
interface Frame {
  readonly host: string;
  readonly port: number;
  readonly hasHeaders: boolean;
  readonly isAuthRequired: boolean;
  readonly tls: InfoTls | undefined;
  readonly head: string;
  readonly tail: string;
}

/** Writes the INFO lines of one server; what all of them say is made once. */
export class InfoLines {
  readonly #identity: ServerIdentity;
  #frame: Frame | undefined;

  constructor(identity: ServerIdentity) {
    this.#identity = identity;
    this.#frame = undefined;
  }

  line(fields: InfoFields): string {
    const { head, tail } = this.#frameFor(fields);
    const { clientAddress, nonce, boundAccount } = fields;
    let text = `${head},"max_payload":${fields.maxPayloadBytes},"client_id":${fields.cid}`;
    if (clientAddress !== "") text += `,"client_ip":${JSON.stringify(clientAddress)}`;
    if (nonce !== undefined && nonce !== "") text += `,"nonce":${JSON.stringify(nonce)}`;
    if (fields.isLameDuck) text += ',"ldm":true';
    if (boundAccount !== undefined) {
      text += `,"connect_info":true,"remote_account":${JSON.stringify(boundAccount)}`;
    }
    if (fields.isSystem === true) text += ',"acc_is_sys":true';
    return text + tail;
  }

  #frameFor({ host, port, hasHeaders, isAuthRequired, tls }: InfoFields): Frame {
    const last = this.#frame;
    const isSame =
      last?.host === host &&
      last.port === port &&
      last.hasHeaders === hasHeaders &&
      last.isAuthRequired === isAuthRequired &&
      last.tls === tls;
    if (isSame) return last;
    const identity = this.#identity;
    const before = {
      server_id: identity.id,
      server_name: identity.name,
      version: identity.version,
      midge_version: identity.midgeVersion,
      proto: 1,
      git_commit: identity.gitCommit || undefined,
      go: identity.runtime,
      host,
      port,
      headers: hasHeaders,
      auth_required: isAuthRequired || undefined,
      tls_required: tls?.isRequired === true || undefined,
      tls_verify: tls?.isVerified === true || undefined,
      tls_available: tls?.isRequired === false || undefined,
    };
    const after = { api_lvl: API_LEVEL, xkey: identity.xkey };
    const head = `INFO ${JSON.stringify(before).slice(0, -1)}`;
    const tail = `,${JSON.stringify(after).slice(1)} \r\n`;
    this.#frame = { host, port, hasHeaders, isAuthRequired, tls, head, tail };
    return this.#frame;
  }
}
