/**
 * Placeholders of conversation files: parts that the server makes up and that differ from run to
 * run. Used by `template.ts`, and by the recorder to find such parts in what came.
 *
 *   ${name:form}         any text of that form, the same one wherever the name comes up again
 *   ${name}              the same, a word without blanks and quotes when it comes first
 *   ${:form}             any text of that form, with no name
 *   ${sign(SU…)}         the signature of the connection's nonce with this seed; sent only
 */
import { fromSeed } from "nkeys.js";

/** What names stand for in this run, and what the server greeted the connection with. */
export interface Scope {
  readonly values: Map<string, string>;
  readonly nonce: string;
}

/** The nonce of an INFO line; "" without one. */
export function nonceIn(info: string): string {
  return /"nonce":"([^"]*)"/.exec(info)?.[1] ?? "";
}

export interface Placeholder {
  readonly name: string;
  readonly form: FormName;
  /** Signs the nonce instead; "" for all others. */
  readonly seed: string;
}

interface Form {
  /** The longest run of these is what the placeholder stands for. */
  readonly characters: RegExp;
  readonly whole: RegExp;
}

const FORMS = {
  word: { characters: /[^\s"]*/y, whole: /./ },
  /** Where a service that another account imports answers to. */
  reply: { characters: /[\w.]*/y, whole: /^_R_\.[0-9A-Za-z]{6}\.[0-9A-Za-z]{6}$/ },
  number: { characters: /\d*/y, whole: /./ },
  /** The bytes of the message's header and payload, counted. */
  size: { characters: /\d*/y, whole: /./ },
  /** The bytes of the message's header, counted. */
  headerSize: { characters: /\d*/y, whole: /./ },
  time: { characters: /[\dTZ:.-]*/y, whole: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/ },
  nuid: { characters: /[0-9A-Za-z]*/y, whole: /^.{22}$/ },
  key: { characters: /[A-Z2-7]*/y, whole: /^.{56}$/ },
  /** What a server says about itself in JSON; only newer ones tell their features. */
  server: { characters: /(?:\{(?:[^{}]|\{[^{}]*\})*\}?)?/y, whole: serverInfo() },
} satisfies Record<string, Form>;

function serverInfo(): RegExp {
  const key = "N[A-Z2-7]{55}";
  const fields = [
    String.raw`"name":"${key}","host":"127\.0\.0\.1","id":"${key}","ver":"2\.\d+\.\d+[^"]*",`,
    String.raw`(?:"feature_flags":\{[^{}]*\},)?`,
    String.raw`"jetstream":false,"flags":0,"seq":\d+,"time":"[^"]+Z"`,
  ];
  return new RegExp(String.raw`^\{${fields.join("")}\}$`);
}

type FormName = keyof typeof FORMS;

const PARTS = /^(?:sign\((S\w+)\)|(?=.)([A-Za-z]\w*)?(?::([A-Za-z]+))?)$/;

/** Reads what stands between the braces. Throws if it is none of the forms above. */
export function placeholderOf(inner: string): Placeholder {
  const [found, seed = "", name = "", form = "word"] = PARTS.exec(inner) ?? [];
  if (found === undefined || !isForm(form)) throw new Error(`unknown placeholder \${${inner}}`);
  return { name, form, seed };
}

function isForm(name: string): name is FormName {
  return Object.hasOwn(FORMS, name);
}

/** What to send for a placeholder. Throws if the server has not said it yet. */
export function sentFor({ name, seed }: Placeholder, { values, nonce }: Scope): string {
  if (seed !== "") return signed(seed, nonce);
  const value = values.get(name);
  if (value === undefined) throw new Error(`nothing came for \${${name}} yet`);
  return value;
}

function signed(seed: string, nonce: string): string {
  const encoder = new TextEncoder();
  const signature = fromSeed(encoder.encode(seed)).sign(encoder.encode(nonce));
  return Buffer.from(signature).toString("base64url");
}

/** A sequence of texts and placeholders, as one line of a file has them. */
export type Pieces = ReadonlyArray<string | Placeholder>;

/** How far `received` fits, with what names stand for then; or why it does not, or not yet. */
export type Finding =
  | { readonly end: number; readonly values: ReadonlyMap<string, string> }
  | "incomplete"
  | "different";

/** Compares the start of `received` with the pieces; names with values fit only those. */
export function find(
  pieces: Pieces,
  received: string,
  known: ReadonlyMap<string, string>,
): Finding {
  const values = new Map(known);
  const sizes: Sizes = { size: undefined, headerSize: undefined };
  let at = 0;
  for (const piece of pieces) {
    const text = typeof piece === "string" ? piece : values.get(piece.name);
    if (text !== undefined) {
      if (!received.startsWith(text, at)) {
        return text.startsWith(received.slice(at)) ? "incomplete" : "different";
      }
      at += text.length;
    } else if (typeof piece !== "string") {
      const run = runAt(piece.form, received, at);
      if (at + run.length === received.length) return "incomplete";
      if (!FORMS[piece.form].whole.test(run)) return "different";
      if (piece.name !== "") values.set(piece.name, run);
      if (piece.form === "size" || piece.form === "headerSize") sizes[piece.form] = Number(run);
      at += run.length;
    }
  }
  return areTrue(sizes, received.slice(0, at)) ? { end: at, values } : "different";
}

interface Sizes {
  size: number | undefined;
  headerSize: number | undefined;
}

function runAt(form: FormName, received: string, at: number): string {
  const { characters } = FORMS[form];
  characters.lastIndex = at;
  return characters.exec(received)?.[0] ?? "";
}

/** Whether the sizes on the line of a message are those of what follows. */
function areTrue({ size, headerSize }: Sizes, message: string): boolean {
  const body = message.slice(message.indexOf("\r\n") + 2, -2);
  if (size !== undefined && size !== body.length) return false;
  return headerSize === undefined || headerSize === body.indexOf("\r\n\r\n") + 4;
}

const REPLY = /_R_\.[0-9A-Za-z]{6}\.[0-9A-Za-z]{6}(?![\w.])/g;
const SERVER_IN_SUBJECT = /^(H?MSG \S*\.)N[A-Z2-7]{55}(?=[. ])/;
const SERVER_INFO = /"server":\{(?:[^{}]|\{[^{}]*\})*\}/;
const JSON_FIELD = /"(\w+)":("[^"\\]*"|\d+)/g;
const TOLD_BY_SERVER = /^Nats-Request-Info: |"server":/m;
const TIMES: ReadonlySet<string> = new Set(["start", "stop", "time", "timestamp"]);
const NUMBERS: ReadonlySet<string> = new Set(["rtt", "id", "seq"]);

/** A received line or message with placeholders for what differs; new names join `values`. */
export function withPlaceholders(unit: string, values: Map<string, string>): string {
  const named = unit.replace(REPLY, (reply) => {
    const known = [...values].find(([, value]) => value === reply);
    if (known !== undefined) return `\${${known[0]}}`;
    const count = [...values.keys()].filter((name) => /^reply\d*$/.test(name)).length;
    const name = count === 0 ? "reply" : `reply${count + 1}`;
    values.set(name, reply);
    return `\${${name}:reply}`;
  });
  if (!TOLD_BY_SERVER.test(named)) return named;
  const anonymous = named.replace(SERVER_IN_SUBJECT, "$1$${:key}");
  const plain = anonymous.replace(SERVER_INFO, '"server":${:server}');
  const general = plain.replace(JSON_FIELD, (field, key: string, value: string) => {
    const form = formOf(key, value.replaceAll('"', ""));
    if (form === undefined) return field;
    return value.startsWith('"') ? `"${key}":"\${:${form}}"` : `"${key}":\${:${form}}`;
  });
  if (general === anonymous) return anonymous;
  return general
    .replace(/^(MSG .*?)\d+\r\n/, "$1$${:size}\r\n")
    .replace(/^(HMSG .*?)\d+ \d+\r\n/, "$1$${:headerSize} $${:size}\r\n");
}

/** The form of a field of the server's JSON; undefined if it is the same in each run. */
function formOf(key: string, value: string): FormName | undefined {
  if (TIMES.has(key)) return "time";
  if (NUMBERS.has(key) && /^\d+$/.test(value)) return "number";
  if (key === "id" && FORMS.nuid.whole.test(value)) return "nuid";
  return /^N[A-Z2-7]{55}$/.test(value) ? "key" : undefined;
}
