/**
 * What the page reads of the endpoints' answers, and how it asks for them. They come from the
 * server that served the page, so their form is relied on.
 */

export interface Varz {
  readonly server_id: string;
  readonly server_name: string;
  readonly version: string;
  readonly midge_version: string;
  readonly go: string;
  readonly git_commit?: string;
  readonly host: string;
  readonly port: number;
  readonly auth_required?: boolean;
  readonly tls_required?: boolean;
  readonly max_connections: number;
  readonly max_subscriptions?: number;
  readonly max_payload: number;
  readonly max_pending: number;
  readonly max_control_line: number;
  readonly ping_interval: number;
  readonly ping_max: number;
  readonly write_deadline: number;
  readonly start: string;
  readonly now: string;
  readonly uptime: string;
  readonly mem: number;
  readonly cores: number;
  readonly cpu: number;
  readonly connections: number;
  readonly total_connections: number;
  readonly in_msgs: number;
  readonly in_bytes: number;
  readonly out_msgs: number;
  readonly out_bytes: number;
  readonly slow_consumers: number;
  readonly stale_connections: number;
  readonly stalled_clients: number;
  readonly subscriptions: number;
  readonly http_req_stats: Readonly<Record<string, number>>;
  readonly config_load_time: string;
  readonly config_digest: string;
  readonly tags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly system_account?: string;
}

export interface Connection {
  readonly cid: number;
  readonly type?: string;
  readonly ip: string;
  readonly port: number;
  readonly start: string;
  readonly last_activity: string;
  readonly stop?: string;
  readonly reason?: string;
  readonly rtt: string;
  readonly uptime: string;
  readonly idle: string;
  readonly pending_bytes: number;
  readonly in_msgs: number;
  readonly out_msgs: number;
  readonly in_bytes: number;
  readonly out_bytes: number;
  readonly stalls?: number;
  readonly subscriptions: number;
  readonly name?: string;
  readonly lang?: string;
  readonly version?: string;
  readonly tls_version?: string;
  readonly tls_cipher_suite?: string;
  readonly tls_first?: boolean;
  readonly tls_peer_certs?: readonly PeerCertificate[];
  readonly authorized_user?: string;
  readonly account?: string;
  readonly subscriptions_list_detail?: readonly Subscription[];
  readonly issuer_key?: string;
  readonly name_tag?: string;
  readonly tags?: readonly string[];
  readonly mqtt_client?: string;
  readonly proxy?: { readonly key: string };
}

export interface PeerCertificate {
  readonly subject?: string;
  readonly cert_sha256: string;
}

export interface Subscription {
  readonly account?: string;
  readonly subject: string;
  readonly qgroup?: string;
  readonly sid: string;
  readonly msgs: number;
  readonly max?: number;
  readonly cid: number;
}

export interface Connz {
  readonly now: string;
  readonly total: number;
  readonly connections: readonly Connection[];
}

export interface SublistFigures {
  readonly num_subscriptions: number;
  readonly num_cache: number;
  readonly num_inserts: number;
  readonly num_removes: number;
  readonly num_matches: number;
  readonly cache_hit_rate: number;
  readonly max_fanout: number;
  readonly avg_fanout: number;
}

export interface Subsz extends SublistFigures {
  readonly total: number;
  readonly subscriptions_list?: readonly Subscription[];
}

export interface Traffic {
  readonly msgs: number;
  readonly bytes: number;
}

export interface AccountFigures {
  readonly acc: string;
  readonly name: string;
  readonly conns: number;
  readonly total_conns: number;
  readonly num_subscriptions: number;
  readonly sent: Traffic;
  readonly received: Traffic;
  readonly slow_consumers: number;
}

export interface Accstatz {
  readonly account_statz: readonly AccountFigures[];
}

export interface AccountNames {
  readonly accounts: readonly string[];
}

export interface AccountExport {
  readonly subject: string;
  readonly type: string;
  readonly response_type?: string;
  readonly service_latency?: { readonly sampling: number; readonly results: string };
  readonly approved_accounts?: readonly string[];
}

export interface AccountImport {
  readonly subject: string;
  readonly account: string;
  readonly local_subject?: string;
  readonly type: string;
  readonly invalid: boolean;
  readonly share: boolean;
}

export interface MappingTarget {
  readonly subject: string;
  readonly weight: number;
  readonly cluster?: string;
}

export interface AccountDetail {
  readonly update_time: string;
  readonly is_system?: boolean;
  readonly client_connections: number;
  readonly mappings?: Readonly<Record<string, readonly MappingTarget[]>>;
  readonly exports?: readonly AccountExport[];
  readonly imports?: readonly AccountImport[];
  readonly sublist_stats?: SublistFigures;
}

export interface Accountz {
  readonly account_detail: AccountDetail;
}

/** The server refuses the options, and says why. */
export class RefusedError extends Error {}

/** The server does not answer, or not as it should. */
export class UnreachableError extends Error {}

export type Query = Readonly<Record<string, string | number | undefined>>;

const TIMEOUT_MS = 10_000;
const OK = 200;
const BAD_REQUEST = 400;

/**
 * Asks the endpoint. Options without a value are left out. Throws a `RefusedError` or an
 * `UnreachableError`.
 */
export async function ask<Answer>(endpoint: string, query: Query = {}): Promise<Answer> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parameters.set(name, String(value));
  }
  const address = `${document.body.dataset["base"]}/${endpoint}?${parameters}`;
  const { status, text } = await read(address);
  if (status === BAD_REQUEST) throw new RefusedError(text);
  if (status !== OK) throw new UnreachableError(`status ${status}`);
  return JSON.parse(text);
}

async function read(address: string) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(address, { cache: "no-store", signal });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new UnreachableError(String(error));
  }
}
