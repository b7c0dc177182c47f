/**
 * Options of monitoring endpoints: from the query of a URL, or from the JSON body of a request to
 * the system account. An endpoint says once which it takes (`OptionSource`); what is accepted is
 * what Go's strconv and encoding/json accept, and errors over HTTP have their words.
 */
import { goQuoted } from "../util/go-quoted.ts";
import { messageOf } from "../util/system-error.ts";
import { EndpointError } from "./endpoint.ts";

/** Which connections `/connz` is about; "none" stands for numbers without a meaning. */
export type ConnectionState = "open" | "closed" | "all" | "none";

export interface SubscriptionsWanted {
  readonly subscriptions: boolean;
  readonly subscriptionsDetail: boolean;
}

/** In a query and in JSON an option may have different names; "" where it is not known. */
export interface OptionSource {
  /** False unless given. */
  flag(query: string, json?: string): boolean;
  /** 0 unless given. */
  integer(query: string, json?: string): number;
  /** An integer that is not negative. */
  unsigned(query: string, json?: string): number;
  /** "" unless given. */
  text(query: string, json?: string): string;
  /** A list of texts, only in JSON. */
  texts(json: string): readonly string[];
  /** `subs`, which can also be `detail`; `subscriptions` and `subscriptions_detail` in JSON. */
  subscriptions(): SubscriptionsWanted;
  /** A word in a query, a number in JSON. */
  state(): ConnectionState;
}

const MAX_INT64 = 2n ** 63n - 1n;
const MAX_UINT64 = 2n ** 64n - 1n;

const TRUE_WORDS: readonly string[] = ["1", "t", "T", "true", "TRUE", "True"];
const FALSE_WORDS: readonly string[] = ["0", "f", "F", "false", "FALSE", "False"];

const STATE_WORDS: ReadonlyMap<string, ConnectionState> = new Map([
  ["", "open"],
  ["open", "open"],
  ["closed", "closed"],
  ["any", "all"],
  ["all", "all"],
]);

const STATE_NUMBERS: readonly ConnectionState[] = ["open", "closed", "all"];

/**
 * The options in the query of a URL. Of several with one name, the first counts; those that Go does
 * not read, with a semicolon or a broken escape, are as if left out.
 */
export class QueryOptions implements OptionSource {
  readonly #parameters: URLSearchParams;

  constructor(query: string) {
    const parts = query.replace(/^\?/, "").split("&");
    const isRead = (part: string) => !part.includes(";") && !/%(?![\da-f]{2})/i.test(part);
    this.#parameters = new URLSearchParams(parts.filter(isRead).join("&"));
  }

  flag(query: string): boolean {
    const written = this.#written(query);
    if (TRUE_WORDS.includes(written)) return true;
    if (written === "" || FALSE_WORDS.includes(written)) return false;
    throw undecodable("boolean", query, "ParseBool", written, "invalid syntax");
  }

  integer(query: string): number {
    const written = this.#written(query);
    if (written === "") return 0;
    if (!/^[+-]?\d+$/.test(written)) {
      throw undecodable("int", query, "Atoi", written, "invalid syntax");
    }
    const value = BigInt(written.replace("+", ""));
    if (value > MAX_INT64 || value < -MAX_INT64 - 1n) {
      throw undecodable("int", query, "Atoi", written, "value out of range");
    }
    return Number(value);
  }

  unsigned(query: string): number {
    const written = this.#written(query);
    if (written === "") return 0;
    if (!/^\d+$/.test(written)) {
      throw undecodable("uint64", query, "ParseUint", written, "invalid syntax");
    }
    const value = BigInt(written);
    if (value > MAX_UINT64) {
      throw undecodable("uint64", query, "ParseUint", written, "value out of range");
    }
    return Number(value);
  }

  text(query: string): string {
    return this.#written(query);
  }

  texts(): readonly string[] {
    return [];
  }

  subscriptions(): SubscriptionsWanted {
    const subscriptionsDetail = this.#written("subs").toLowerCase() === "detail";
    return { subscriptions: !subscriptionsDetail && this.flag("subs"), subscriptionsDetail };
  }

  state(): ConnectionState {
    const written = this.#written("state");
    const state = STATE_WORDS.get(written.toLowerCase());
    if (state !== undefined) return state;
    throw new EndpointError(`Error decoding state for ${written}`);
  }

  #written(name: string): string {
    return name === "" ? "" : (this.#parameters.get(name) ?? "");
  }
}

function undecodable(
  type: string,
  option: string,
  goFunction: string,
  written: string,
  reason: string,
): EndpointError {
  const goError = `strconv.${goFunction}: parsing ${goQuoted(written)}: ${reason}`;
  return new EndpointError(`Error decoding ${type} for '${option}': ${goError}`);
}

/** The options in a JSON object; names may be in any case, and `null` is as if left out. */
export class BodyOptions implements OptionSource {
  readonly #values: ReadonlyMap<string, unknown>;

  /** An empty body asks for nothing special. Throws for one that is no JSON object. */
  constructor(body: Uint8Array) {
    this.#values = body.length === 0 ? new Map() : valuesIn(body);
  }

  flag(query: string, json = query): boolean {
    const value = this.#value(json) ?? false;
    if (typeof value === "boolean") return value;
    throw unfit(value, json, "bool");
  }

  integer(query: string, json = query): number {
    const value = this.#value(json) ?? 0;
    if (typeof value === "number" && Number.isInteger(value)) return value;
    throw unfit(value, json, "int");
  }

  unsigned(query: string, json = query): number {
    const value = this.#value(json) ?? 0;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
    throw unfit(value, json, "uint64");
  }

  text(query: string, json = query): string {
    const value = this.#value(json) ?? "";
    if (typeof value === "string") return value;
    throw unfit(value, json, "string");
  }

  texts(json: string): readonly string[] {
    const value = this.#value(json) ?? [];
    if (!Array.isArray(value)) throw unfit(value, json, "[]string");
    return value.map((one: unknown) => {
      if (typeof one === "string") return one;
      throw unfit(one, json, "string");
    });
  }

  subscriptions(): SubscriptionsWanted {
    return {
      subscriptions: this.flag("subscriptions"),
      subscriptionsDetail: this.flag("subscriptions_detail"),
    };
  }

  state(): ConnectionState {
    return STATE_NUMBERS[this.integer("state")] ?? "none";
  }

  #value(name: string): unknown {
    return this.#values.get(name) ?? undefined;
  }
}

/** By name in lower case; all our names are. */
function valuesIn(body: Uint8Array): ReadonlyMap<string, unknown> {
  const value = parsed(new TextDecoder().decode(body));
  if (value === null) return new Map();
  if (typeof value !== "object" || Array.isArray(value)) {
    throw new EndpointError(`json: cannot unmarshal ${kindOf(value)} into Go value`);
  }
  return new Map(Object.entries(value).map(([name, one]) => [name.toLowerCase(), one]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EndpointError(messageOf(error));
  }
}

function unfit(value: unknown, name: string, type: string): EndpointError {
  const found = typeof value === "number" ? `number ${value}` : kindOf(value);
  return new EndpointError(`json: cannot unmarshal ${found} into field ${name} of type ${type}`);
}

/** As Go calls them. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}
