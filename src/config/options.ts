/**
 * Every option there is, once: its type, default, names, effect on reload and help text.
 * Flags, `--help`, defaults, checks of values and the README's list are all made from this table;
 * to add an option, add a row. Values that follow from others are filled in by `completeOptions`.
 */
import {
  KiB,
  MAX_INT,
  MAX_INT32,
  MiB,
  bytes,
  duration,
  integer,
  limit,
  oneOf,
  port,
  strictDuration,
  text,
  labelList,
  textMap,
  timeout,
  toggle,
} from "./option-kinds.ts";
import { formatDuration } from "../util/duration.ts";
import { blockRows } from "./block-options.ts";
import { type OptionRow, rows } from "./option-row.ts";
import { LOG_FORMATS, type LogFormat } from "../util/log/layout.ts";
import { logLevels } from "./log-levels.ts";
import { networks } from "./networks.ts";
import { OptionValueError } from "./option-value-error.ts";

/** Clients need time to notice and to go elsewhere. */
const MIN_LAME_DUCK_MS = 30_000;

// prettier-ignore
const ownRows = rows({
  host: {
    kind: text("host"), default: "0.0.0.0",
    keys: ["host", "net"], flags: ["a", "addr", "net"], reload: "restart", field: "Host", group: "Server",
    help: "Address to listen on",
  },
  port: {
    kind: port(), default: 4222, zeroIsDefault: true,
    keys: ["port"], flags: ["p"], reload: "restart", field: "Port", group: "Server",
    help: "Port for clients, -1 for any free one",
  },
  serverName: {
    kind: text("name"), default: "",
    keys: ["server_name"], flags: ["n", "name"], reload: "restart", field: "ServerName", group: "Server",
    help: "Name of this server, its id unless set",
  },
  clientAdvertise: {
    kind: text("host[:port]"), default: "",
    keys: ["client_advertise"], reload: "identity",
    reloadText: (value) => `Reload: client_advertise = ${String(value)}`, group: "Server",
    help: "Address that INFO gives to clients",
  },
  httpHost: {
    kind: text("host"), default: "",
    keys: ["http_host"], reload: "restart", field: "HTTPHost", group: "Server",
    help: "Address for monitoring, the host unless set",
  },
  httpPort: {
    kind: port("off"), default: 0,
    keys: ["http_port", "monitor_port"], flags: ["m"], reload: "restart", field: "HTTPPort", group: "Server",
    help: "Port for monitoring, -1 for any free one",
  },
  httpBasePath: {
    kind: text("path"), default: "/",
    keys: ["http_base_path"], reload: "restart", field: "HTTPBasePath", group: "Server",
    help: "Path under which monitoring answers",
  },
  serverTags: {
    kind: labelList("tag,..."), default: [],
    keys: ["server_tags"], reload: "identity", reloadText: () => "Reloaded: tags", group: "Server",
    help: "Labels of this server in monitoring",
  },
  serverMetadata: {
    kind: textMap(), default: {},
    keys: ["server_metadata"], reload: "identity", reloadText: () => "Reloaded: metadata", group: "Server",
    help: "Named texts about this server in monitoring",
  },
  pidFile: {
    kind: text("file"), default: "",
    keys: ["pid_file", "pidfile"], flags: ["P", "pid"], reload: "files", group: "Server",
    help: "File to write the process id to",
  },
  portsFileDir: {
    kind: text("dir"), default: "",
    keys: ["ports_file_dir"], reload: "files", group: "Server",
    help: "Directory for a file that lists the ports",
  },
  ignoreUnsupported: {
    kind: toggle(), default: false,
    keys: ["ignore_unsupported"], flags: ["ignore-unsupported"], reload: "live", group: "Server",
    help: "Start in spite of cluster, gateway, leafnodes or jetstream",
  },

  debug: {
    kind: toggle(), default: false,
    keys: ["debug"], flags: ["D"], reload: "logging", group: "Logging",
    help: "Log what the server does in detail",
  },
  trace: {
    kind: toggle(), default: false,
    keys: ["trace"], flags: ["V"], reload: "logging", group: "Logging",
    help: "Log each protocol operation",
  },
  traceVerbose: {
    kind: toggle(), default: false,
    keys: ["trace_verbose"], reload: "logging", group: "Logging",
    help: "Trace the system account as well",
  },
  traceHeaders: {
    kind: toggle(), default: false,
    keys: ["trace_headers"], reload: "logging", group: "Logging",
    help: "Trace with headers in place of payloads",
  },
  logtime: {
    kind: toggle(), default: true,
    keys: ["logtime"], flags: ["T"], reload: "logging", group: "Logging",
    help: "Start log lines with date and time",
  },
  logtimeUtc: {
    kind: toggle(), default: false,
    keys: ["logtime_utc"], reload: "logging", group: "Logging",
    help: "Log in UTC instead of local time",
  },
  maxTracedMsgLen: {
    kind: limit("bytes"), default: 0,
    keys: ["max_traced_msg_len"], reload: "logging", group: "Logging",
    help: "Payload bytes to show in a trace",
  },
  logFile: {
    kind: text("file"), default: "",
    keys: ["log_file", "logfile"], flags: ["l", "log"], reload: "logging", group: "Logging",
    help: "File to log to instead of stderr",
  },
  logSizeLimitBytes: {
    kind: bytes({ max: MAX_INT, zero: "unlimited" }), default: 0,
    keys: ["logfile_size_limit", "log_size_limit"], flags: ["log_size_limit"],
    reload: "logging", field: "LogSizeLimit", group: "Logging",
    help: "Size at which the log file is rotated",
  },
  logMaxFiles: {
    kind: integer({ valueName: "number", min: 0, max: MAX_INT32, zero: "unlimited" }), default: 0,
    keys: ["logfile_max_num", "log_max_num"], reload: "logging", field: "LogMaxFiles", group: "Logging",
    help: "Log files to keep, with the current",
  },
  syslog: {
    kind: toggle(), default: false,
    keys: ["syslog"], flags: ["s"], reload: "logging", group: "Logging",
    help: "Log to the local syslog",
  },
  remoteSyslog: {
    kind: text("url"), default: "",
    keys: ["remote_syslog"], flags: ["r"], reload: "logging", group: "Logging",
    help: "Log to the syslog at udp://, tcp:// or unix://",
  },
  logFormat: {
    kind: oneOf<LogFormat>(LOG_FORMATS, "log_format must be 'text' or 'json'"), default: "text",
    keys: ["log_format"], reload: "logging", group: "Logging",
    help: "Form of a log line",
  },
  logLevels: {
    kind: logLevels(), default: {},
    keys: ["log_levels"], reload: "logging", group: "Logging",
    help: "Level of each subsystem that has its own",
  },

  username: {
    kind: text("user"), default: "",
    keys: ["user", "username"], block: "authorization", flags: ["user"],
    reload: "auth", reloadText: () => "Reloaded: authorization username", group: "Authorization", secret: true,
    help: "User that clients have to log in as",
  },
  password: {
    kind: text("password"), default: "",
    keys: ["password", "pass"], block: "authorization", flags: ["pass"],
    reload: "auth", group: "Authorization", secret: true,
    help: "Password of that user",
  },
  authorizationToken: {
    kind: text("token"), default: "",
    keys: ["token"], block: "authorization", flags: ["auth"],
    reload: "auth", group: "Authorization", secret: true,
    help: "Token that clients have to present",
  },
  authTimeoutMs: {
    kind: timeout(), default: 2000, zeroIsDefault: true,
    keys: ["timeout"], block: "authorization", flags: ["auth_timeout"],
    reload: "auth", reloadText: (ms) => `Reloaded: authorization timeout = ${Number(ms) / 1000}`, group: "Authorization",
    help: "Time a client has to log in",
  },
  loginThrottle: {
    kind: integer({ valueName: "number", min: 0, max: MAX_INT32, zero: "off" }), default: 0,
    keys: ["login_throttle"], reload: "auth", group: "Authorization",
    help: "Failed log-ins until an address has to wait",
  },
  proxyRequired: {
    kind: toggle(), default: false,
    keys: ["proxy_required"], block: "authorization", reload: "restart", field: "ProxyRequired",
    group: "Authorization",
    help: "Let in only what comes through a trusted proxy",
  },
  noAuthUser: {
    kind: text("user"), default: "",
    keys: ["no_auth_user"], reload: "auth", field: "NoAuthUser", group: "Authorization",
    help: "User that a client without credentials is",
  },
  defaultSentinel: {
    kind: text("jwt"), default: "",
    keys: ["default_sentinel"], reload: "restart", field: "DefaultSentinel",
    group: "Authorization", secret: true, unavailable: true,
    help: "JWT of a client without credentials",
  },
  systemAccount: {
    kind: text("account"), default: "",
    keys: ["system_account", "system"], reload: "restart", field: "SystemAccount",
    group: "Authorization",
    help: "Account for the server's own messages",
  },
  noSystemAccount: {
    kind: toggle(), default: false,
    keys: ["no_system_account", "no_system", "no_sys_acc"], reload: "restart",
    field: "NoSystemAccount", group: "Authorization",
    help: "Have no account for the server's own messages",
  },
  allowNonTls: {
    kind: toggle(), default: false,
    keys: ["allow_non_tls"], reload: "live", field: "AllowNonTLS", group: "TLS",
    help: "Let clients choose whether to use TLS",
  },
  httpsPort: {
    kind: port("off"), default: 0,
    keys: ["https_port"], flags: ["ms"], reload: "restart", field: "HTTPSPort", group: "TLS",
    help: "Port for monitoring by HTTPS",
  },
  proxyProtocol: {
    kind: toggle(), default: false,
    keys: ["proxy_protocol"], reload: "live", field: "ProxyProtocol", group: "Protocol",
    help: "Read the address of clients from a proxy",
  },
  proxyProtocolNetworks: {
    kind: networks(), default: [],
    keys: ["proxy_protocol_networks"], reload: "live", group: "Protocol",
    help: "Where such proxies are, anywhere unless set",
  },

  maxConnections: {
    kind: integer({ valueName: "number", min: -1, max: MAX_INT32, zero: "none" }), default: 65536,
    keys: ["max_connections", "max_conn"], reload: "limits", group: "Limits",
    help: "Connections, 0 or less refuses all",
  },
  maxSubscriptions: {
    kind: limit("number"), default: 0,
    keys: ["max_subscriptions", "max_subs"], reload: "live", field: "MaxSubs", group: "Limits",
    help: "Subscriptions per connection",
  },
  maxSubTokens: {
    kind: integer({ valueName: "number", min: 0, max: 255, zero: "unlimited" }), default: 0,
    keys: ["max_sub_tokens", "max_subscription_tokens"], reload: "live", field: "MaxSubTokens", group: "Limits",
    help: "Tokens in a subscribed subject",
  },
  maxPayloadBytes: {
    kind: bytes({ max: MAX_INT32 }), default: 1 * MiB, zeroIsDefault: true,
    keys: ["max_payload"], reload: "limits", group: "Limits",
    help: "Largest message payload, headers included",
  },
  maxControlLineBytes: {
    kind: bytes({ max: MAX_INT32 }), default: 4 * KiB, zeroIsDefault: true,
    keys: ["max_control_line"], reload: "limits", group: "Limits",
    help: "Longest protocol line",
  },
  maxPendingBytes: {
    kind: bytes({ max: MAX_INT }), default: 64 * MiB, zeroIsDefault: true,
    keys: ["max_pending"], reload: "live", field: "MaxPending", group: "Limits",
    help: "Bytes that may wait for one connection",
  },
  maxClosedClients: {
    kind: integer({ valueName: "number", min: 0, max: MAX_INT32 }), default: 10_000,
    zeroIsDefault: true,
    keys: ["max_closed_clients"], reload: "restart", field: "MaxClosedClients", group: "Limits",
    help: "Closed connections to remember",
  },

  pingIntervalMs: {
    kind: duration(), default: 120_000, zeroIsDefault: true,
    keys: ["ping_interval"], reload: "live", group: "Protocol",
    help: "Time between pings to a client",
  },
  pingMax: {
    kind: integer({ valueName: "number", min: 0, max: MAX_INT32 }), default: 2,
    zeroIsDefault: true,
    keys: ["ping_max"], reload: "live", group: "Protocol",
    help: "Unanswered pings that make a client stale",
  },
  noHeaderSupport: {
    kind: toggle(), default: false,
    keys: ["no_header_support"], reload: "restart", field: "NoHeaderSupport", group: "Protocol",
    help: "Refuse messages with headers",
  },
  noSublistCache: {
    kind: toggle(), default: false,
    keys: ["no_sublist_cache", "disable_sublist_cache"], reload: "restart", field: "NoSublistCache", group: "Protocol",
    help: "Look subjects up without a cache",
  },

  lameDuckDurationMs: {
    kind: strictDuration(checkLameDuckDuration), default: 120_000, zeroIsDefault: true,
    keys: ["lame_duck_duration"], reload: "live", field: "LameDuckDuration", group: "Lame Duck",
    help: "Time in which lame duck mode ends",
  },
  lameDuckGraceMs: {
    kind: strictDuration(checkLameDuckGrace), default: 10_000, zeroIsDefault: true,
    keys: ["lame_duck_grace_period"], reload: "live", field: "LameDuckGracePeriod", group: "Lame Duck",
    help: "Time before it closes clients",
  },

  profPort: {
    kind: port("off"), default: 0,
    keys: ["prof_port"], flags: ["profile"], reload: "restart", field: "ProfPort", group: "Profiling",
    help: "Port for CPU profiles and heap snapshots",
  },
  profBlockRate: {
    kind: integer({ valueName: "number", min: 0, max: MAX_INT32 }), default: 0,
    keys: ["prof_block_rate"], reload: "live", group: "Profiling",
    help: "Accepted, without effect",
  },

  writeDeadlineMs: {
    kind: duration(), default: 10_000, zeroIsDefault: true,
    keys: ["write_deadline"], reload: "live", group: "Slow Consumer",
    help: "Time a client may refuse to take data",
  },
  writeTimeout: {
    kind: oneOf(
      ["default", "close", "retry"],
      "write_timeout must be 'default', 'close' or 'retry'",
    ),
    default: "default",
    keys: ["write_timeout"], reload: "live", field: "WriteTimeout", group: "Slow Consumer",
    help: "What happens at the write deadline",
  },
  noFastProducerStall: {
    kind: toggle(), default: false,
    keys: ["no_fast_producer_stall"], reload: "live",
    reloadText: (value) => `Reloaded: fast producers will ${value === true ? "not " : ""}be stalled`, group: "Slow Consumer",
    help: "Drop messages for slow clients, never wait",
  },
});

export const optionRows = { ...ownRows, ...blockRows } as const;

export type OptionName = keyof typeof optionRows;

/** The settings of a server, one field per row, never changed in place. */
export type Options = {
  readonly [Name in OptionName]: (typeof optionRows)[Name] extends OptionRow<infer Value>
    ? Value
    : never;
};

/** A row whatever its type, for code that walks the table. */
export type AnyOptionRow = OptionRow<unknown>;

/** Names of all options, in the table's order. */
export const OPTION_NAMES = Object.keys(optionRows) as readonly OptionName[];

/** The row of an option, for code that does not know which one it handles. */
export function optionRow(name: OptionName): AnyOptionRow {
  return optionRows[name];
}

/**
 * The option with this flag, written without dashes. A bare loop, since it runs at every start:
 * what is called for each row would be compiled.
 */
export function optionOfFlag(flag: string): OptionName | undefined {
  for (const name of OPTION_NAMES) {
    const row: AnyOptionRow = optionRows[name];
    const isFlag = row.flags?.includes(flag) || (row.block === undefined && row.keys[0] === flag);
    if (isFlag && row.kind.isFileOnly !== true) return name;
  }
  return undefined;
}

/** All flags of a row, without dashes: those declared, then the first key if it is a flag too. */
export function flagsOf(row: AnyOptionRow): readonly string[] {
  if (row.kind.isFileOnly === true) return [];
  const own = row.flags ?? [];
  return row.block === undefined ? [...own, row.keys[0]] : own;
}

/** A server with nothing configured. */
export function defaultOptions(): Options {
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of OPTION_NAMES) values[name] = optionRows[name].default;
  return completeOptions(values as Options);
}

/** Reads a value as written on the command line; throws `OptionValueError`. */
export function parseOptionValue<Value>(row: OptionRow<Value>, written: string): Value {
  const value = row.kind.parse(written);
  return row.zeroIsDefault === true && value === 0 ? row.default : value;
}

/** `options` with some values replaced; `values` come from `parseOptionValue`. */
export function withValues(options: Options, values: ReadonlyMap<OptionName, unknown>): Options {
  const changed: Partial<Record<OptionName, unknown>> = { ...options };
  for (const [name, value] of values) changed[name] = value;
  return completeOptions(changed as Options);
}

/** Fills in what follows from other options. */
function completeOptions(options: Options): Options {
  const { trace, traceVerbose, traceHeaders } = options;
  return { ...options, trace: trace || traceVerbose || traceHeaders };
}

function checkLameDuckDuration(ms: number): void {
  if (ms === 0 || ms >= MIN_LAME_DUCK_MS) return;
  const shown = formatDuration(ms);
  throw new OptionValueError(`invalid lame_duck_duration of ${shown}, minimum is 30 seconds`);
}

function checkLameDuckGrace(ms: number): void {
  if (ms >= 0) return;
  throw new OptionValueError("invalid lame_duck_grace_period, needs to be positive");
}
