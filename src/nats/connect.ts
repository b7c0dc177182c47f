/**
 * The CONNECT operation's JSON, decoded as the reference does: field names in any case, unknown
 * fields ignored, `null` as absent, a wrong type refused. Fields that are absent keep what an
 * earlier CONNECT of the same connection said.
 */
import { ProtocolError, protocolErrors } from "./errors.ts";

export interface ConnectOptions {
  readonly verbose: boolean;
  readonly pedantic: boolean;
  readonly echo: boolean;
  readonly tls_required: boolean;
  readonly headers: boolean;
  readonly no_responders: boolean;
  readonly new_account: boolean;
  readonly protocol: number;
  readonly user: string;
  readonly pass: string;
  readonly auth_token: string;
  readonly jwt: string;
  readonly nkey: string;
  readonly sig: string;
  readonly proxy_sig: string;
  readonly remote_account: string;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  readonly account: string;
}

/** What holds before the first CONNECT. */
export const defaultConnectOptions: ConnectOptions = {
  verbose: true,
  pedantic: true,
  echo: true,
  tls_required: false,
  headers: false,
  no_responders: false,
  new_account: false,
  protocol: 0,
  user: "",
  pass: "",
  auth_token: "",
  jwt: "",
  nkey: "",
  sig: "",
  proxy_sig: "",
  remote_account: "",
  name: "",
  lang: "",
  version: "",
  account: "",
};

const fieldNames = new Set<string>(Object.keys(defaultConnectOptions));

const decoder = new TextDecoder();

/**
 * Decodes CONNECT, remembering the last one: the clients of a fleet say the same, and then share
 * one object.
 */
export class ConnectDecoder {
  #lastText: string | undefined = undefined;
  #lastOptions: ConnectOptions = defaultConnectOptions;

  /** As `decodeConnect`. */
  decode(bytes: Uint8Array, start: number, end: number, previous: ConnectOptions): ConnectOptions {
    const text = decoder.decode(bytes.subarray(start, end));
    if (previous !== defaultConnectOptions) return decodeConnect(text, previous);
    if (text === this.#lastText) return this.#lastOptions;
    this.#lastOptions = decodeConnect(text, previous);
    this.#lastText = text;
    return this.#lastOptions;
  }
}

/** Throws `ProtocolError` for what is not a JSON object with fields of the right types. */
export function decodeConnect(text: string, previous: ConnectOptions): ConnectOptions {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new ProtocolError(protocolErrors.badArguments, "CONNECT is not valid JSON");
  }
  if (parsed === null) return previous;
  if (typeof parsed !== "object" || Array.isArray(parsed)) {
    throw new ProtocolError(protocolErrors.badArguments, "CONNECT is not a JSON object");
  }
  const fields: Record<string, unknown> = { ...previous };
  for (const [key, value] of Object.entries(parsed)) {
    const name = key.toLowerCase();
    if (value === null || !fieldNames.has(name)) continue;
    const expected = defaultConnectOptions[name as keyof ConnectOptions];
    if (typeof value !== typeof expected || (name === "protocol" && !Number.isInteger(value))) {
      throw new ProtocolError(protocolErrors.badArguments, `CONNECT has a bad value for ${name}`);
    }
    fields[name] = value;
  }
  return fields as unknown as ConnectOptions;
}
