/**
 * INFO lines in conversation files: the JSON keys, their order and all values that do not differ
 * from server to server are compared, the rest is written as `"*"` and checked for its form. Used
 * by `template.ts` and the recorder.
 */
import type { Match, Pattern } from "./template.ts";

const ANY = "*";

/** Values that differ between servers or runs, and what they look like. */
const FORMS: Readonly<Record<string, RegExp>> = {
  server_id: /^N[A-Z2-7]{55}$/,
  server_name: /^N[A-Z2-7]{55}$/,
  version: /^2\.\d+\.\d+/,
  go: /^.+$/,
  port: /^\d+$/,
  client_id: /^\d+$/,
  nonce: /^[\w-]{15}$/,
  api_lvl: /^\d+$/,
  xkey: /^X[A-Z2-7]{55}$/,
};

/** Sent only by builds that know their commit, and only by midge. */
const OPTIONAL_KEYS: ReadonlySet<string> = new Set(["git_commit", "midge_version"]);

type Fields = ReadonlyArray<readonly [key: string, value: unknown]>;

export function isInfoTemplate(text: string): boolean {
  return text.startsWith("INFO {");
}

/** The line of a file for a received INFO line (without its CRLF). */
export function infoTemplateOf(line: string): string {
  const fields = fieldsOf(line).map(([key, value]) => [key, isForm(key, value) ? ANY : value]);
  return `INFO ${JSON.stringify(Object.fromEntries(fields))}`;
}

export class InfoPattern implements Pattern {
  readonly #fields: Fields;

  constructor(template: string) {
    this.#fields = fieldsOf(template);
  }

  match(received: string): Match {
    const end = received.indexOf("\r\n");
    if (end < 0)
      return received.startsWith("INFO".slice(0, received.length)) ? "incomplete" : "different";
    const line = received.slice(0, end);
    if (!line.startsWith("INFO {") || !line.endsWith("} ")) return "different";
    return sameFields(this.#fields, fieldsOf(line)) ? end + 2 : "different";
  }
}

function sameFields(expected: Fields, received: Fields): boolean {
  return (
    expected.length === received.length &&
    expected.every(([key, value], index) => {
      const [receivedKey, receivedValue] = received[index]!;
      if (key !== receivedKey) return false;
      if (value === ANY) return isForm(key, receivedValue);
      return JSON.stringify(value) === JSON.stringify(receivedValue);
    })
  );
}

function isForm(key: string, value: unknown): boolean {
  return FORMS[key]?.test(String(value)) ?? false;
}

function fieldsOf(line: string): Fields {
  const parsed: unknown = JSON.parse(line.slice("INFO ".length));
  if (typeof parsed !== "object" || parsed === null) throw new Error(`not an INFO line: ${line}`);
  return Object.entries(parsed).filter(([key]) => !OPTIONAL_KEYS.has(key));
}
