/**
 * Messages as clients get them: `MSG` and `HMSG` taken apart. Used by tests that care about the
 * messages in a stream more than about its bytes. One character stands for one byte.
 */

export interface WireMessage {
  readonly subject: string;
  readonly sid: string;
  /** "" if there is none. */
  readonly reply: string;
  /** The block with its first and last line; "" if there is none. */
  readonly headers: string;
  readonly payload: string;
}

/** Passes over PING; throws for anything else but complete messages. */
export function messagesIn(text: string): WireMessage[] {
  const messages: WireMessage[] = [];
  for (let at = 0; at < text.length;) {
    const lineEnd = text.indexOf("\r\n", at);
    const line = lineEnd < 0 ? text.slice(at) : text.slice(at, lineEnd);
    if (line === "PING") {
      at = lineEnd + 2;
      continue;
    }
    const [name, subject = "", sid = "", ...rest] = line.split(" ");
    const sizes = name === "HMSG" ? rest.splice(-2) : ["0", ...rest.splice(-1)];
    const [headerBytes = NaN, sizeBytes = NaN] = sizes.map(Number);
    const start = lineEnd + 2;
    const end = start + sizeBytes;
    const isWhole = lineEnd >= 0 && text.slice(end, end + 2) === "\r\n";
    if ((name !== "MSG" && name !== "HMSG") || !isWhole) throw new Error(`no message: ${line}`);
    const headers = text.slice(start, start + headerBytes);
    const payload = text.slice(start + headerBytes, end);
    messages.push({ subject, sid, reply: rest[0] ?? "", headers, payload });
    at = end + 2;
  }
  return messages;
}
