/**
 * Answers of monitoring as they are recorded: JSON with a line for what fits on one, and words in
 * place of what differs from run to run. Everything else has to be the same, names in their order.
 */

/** What the words in an answer stand for. */
export interface Names {
  /** Names of the scene's connections by client id. */
  readonly cids: ReadonlyMap<number, string>;
  /** Whether asking is itself traffic, so that counts of messages and bytes mean nothing. */
  readonly isTraffic: boolean;
  /** Set within what the subscriptions of the server itself are counted in. */
  readonly isSystem?: boolean;
}

const LINE_CHARACTERS = 100;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{0,8}[1-9])?Z$/;
const NO_TIME = "0001-01-01T00:00:00Z";
const NUID = /^[0-9A-Za-z]{22}$/;
const SERVER_KEY = /N[A-Z2-7]{55}/g;
const DURATION = /^\d+(?:\.\d+)?(?:ns|µs|ms|s)$/;
const FEW_SECONDS = /^\d+s$/;

type Rule = (value: unknown) => string | undefined;

const text = (form: RegExp, word: string): Rule => {
  return (value) => (typeof value === "string" && form.test(value) ? word : undefined);
};
const time = (value: unknown) => (value === NO_TIME ? undefined : text(TIME, "TIME")(value));
const number = (word: string): Rule => {
  return (value) => (typeof value === "number" && value > 0 ? word : undefined);
};

/** By name of the field; a value that does not fit stays as it is, and is a difference then. */
const RULES: Readonly<Record<string, Rule>> = {
  now: time,
  start: time,
  stop: time,
  time,
  timestamp: time,
  last_activity: time,
  update_time: time,
  config_load_time: time,
  rtt: text(DURATION, "DURATION"),
  uptime: text(FEW_SECONDS, "SECONDS"),
  idle: text(FEW_SECONDS, "SECONDS"),
  id: text(NUID, "NUID"),
  ver: text(/^2\.\d+\.\d+/, "VERSION"),
  version: text(/^2\.1\d\.\d+/, "VERSION"),
  go: text(/^[a-z]+\d+\.\d+/, "RUNTIME"),
  port: number("PORT"),
  mem: number("BYTES"),
  cores: number("CORES"),
  gomaxprocs: number("CORES"),
  cpu: (value) => (typeof value === "number" ? "PERCENT" : undefined),
  seq: number("COUNT"),
  // What a closed connection still had to get depends on how fast it closed.
  pending_bytes: (value) => (typeof value === "number" ? "BYTES" : undefined),
  in_progress: number("COUNT"),
  // Go's errors about JSON have words of their own.
  description: text(/^json: |^JSON |^invalid character|^unexpected end/, "ABOUT JSON"),
  // The scenes ask for it again and again, until a connection is gone.
  "/connz": number("COUNT"),
};

/** What asking over the system account changes. */
const TRAFFIC = /^(?:in|out)(?:_client)?_(?:msgs|bytes)$|^(?:msgs|bytes)$/;

/** Our own version; and a reference that is no release build does not know its commit. */
const LEFT_OUT: ReadonlySet<string> = new Set(["midge_version", "git_commit"]);

/** How the search for subscriptions is cached is up to each server. */
const CACHE = /^(?:num_cache|num_matches|cache_hit_rate|max_fanout|avg_fanout)$/;

/** Where the system account counts: servers differ in what they have subscribed to. */
const SYSTEM_COUNTS = /^(?:num_)?(?:subscriptions|inserts)$/;

/** Lists whose order the reference leaves to chance. */
const UNORDERED: ReadonlySet<string> = new Set([
  "accounts",
  "account_statz",
  "exports",
  "imports",
  "approved_accounts",
  "subscriptions_list",
  "subscriptions_list_detail",
]);

/** A text that is no JSON is left as it is. */
export function rendered(body: string, names: Names, path: string): string {
  const value = parsed(body);
  if (value === undefined) return body.trimEnd().replace(SERVER_KEY, "ID");
  const steady = steadied(path.startsWith("server") ? value : withoutServer(value), "", names);
  return printed(path === "" ? steady : picked(steady, path.split(".")), "");
}

/** Each reply over the system account begins with the same facts; they are recorded once. */
function withoutServer(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("server" in value)) return value;
  return { ...value, server: "SERVER" };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** By how much the JSON is indented; or that it stands on one line. */
export function layoutOf(body: string): string {
  if (!body.includes("\n")) return "on one line";
  const value = parsed(body);
  for (const blanks of [2, 3]) {
    const layout = JSON.stringify(value, undefined, blanks).replace(/[<>&]/g, escaped);
    if (layout === body) return `indented by ${blanks}`;
  }
  return "in a layout of its own";
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function steadied(value: unknown, name: string, names: Names): unknown {
  if (Array.isArray(value)) {
    const list = value.map((one: unknown) => steadied(one, "", names));
    return UNORDERED.has(name) ? list.toSorted(byText) : list;
  }
  if (typeof value === "object" && value !== null) return steadiedFields(value, names);
  if (typeof value === "number" && isCount(name, names)) return "COUNT";
  if (name === "cid" && typeof value === "number") return names.cids.get(value) ?? "CID";
  const word = RULES[name]?.(value);
  if (word !== undefined) return word;
  return typeof value === "string" ? value.replace(SERVER_KEY, "ID") : value;
}

function isCount(name: string, { isTraffic, isSystem }: Names): boolean {
  if (CACHE.test(name) || (isTraffic && TRAFFIC.test(name))) return true;
  return isSystem === true && SYSTEM_COUNTS.test(name);
}

/** Whether the fields are about all accounts together, or about the system account. */
function countsSystem(fields: ReadonlyMap<string, unknown>): boolean {
  const account = fields.get("account_name") ?? fields.get("acc");
  const isOfAll = fields.has("http_req_stats") && fields.has("system_account");
  return isOfAll || fields.has("sent_to_clients") || account === "$SYS";
}

function steadiedFields(value: object, outer: Names): object {
  const isSystem = countsSystem(new Map(Object.entries(value))) || outer.isSystem === true;
  const names: Names = { ...outer, isSystem };
  const fields = Object.entries(value).filter(([key]) => !LEFT_OUT.has(key));
  const steady = Object.fromEntries(fields.map(([key, one]) => [key, steadied(one, key, names)]));
  // The server's own subscriptions are numbered in an order that is left to chance.
  return steady["cid"] === "CID" && "sid" in steady ? { ...steady, sid: "SID" } : steady;
}

function byText(left: unknown, right: unknown): number {
  return JSON.stringify(left) < JSON.stringify(right) ? -1 : 1;
}

/** What is under the names, one after the other; of a list, of each of its entries. */
function picked(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (name === undefined) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => picked(one, [name, ...rest]));
  if (typeof value !== "object" || value === null) return "absent";
  return picked(name in value ? Reflect.get(value, name) : "absent", rest);
}

/** On one line if there is room for it. */
function printed(value: unknown, indent: string): string {
  const line = onOneLine(value);
  if (typeof value !== "object" || value === null) return line;
  if (indent.length + line.length <= LINE_CHARACTERS) return line;
  const deeper = `${indent}  `;
  const entries = Array.isArray(value)
    ? value.map((one: unknown) => printed(one, deeper))
    : Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${printed(one, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  return `${open}\n${entries.map((entry) => deeper + entry).join(",\n")}\n${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, one]) => {
    return `${JSON.stringify(key)}: ${onOneLine(one)}`;
  });
  return `{${fields.join(", ")}}`;
}
