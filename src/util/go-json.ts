/**
 * JSON as Go's encoder writes it: three characters that mean something in HTML are escaped, so that
 * texts are the reference's byte for byte. Used by monitoring, events and headers.
 */

const HTML_ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
};

/** `indent` as in `JSON.stringify`. */
export function goJson(value: unknown, indent?: number): string {
  return escapeHtml(JSON.stringify(value, undefined, indent));
}

/** Escapes what is JSON already. */
export function escapeHtml(json: string): string {
  return json.replace(/[<>&]/g, (character) => HTML_ESCAPES[character]!);
}
