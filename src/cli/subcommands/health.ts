/**
 * `midge health`: asks a server's `/healthz` and says by its exit code whether it is well; for
 * health checks of containers and service managers, which then need no other program.
 */
import { duration } from "../../config/option-kinds.ts";
import { OptionValueError } from "../../config/option-value-error.ts";
import { type Subcommand, SubcommandError } from "../subcommand.ts";

const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = "8222";
const DEFAULT_ADDRESS = `${DEFAULT_HOST}:${DEFAULT_PORT}`;
const DEFAULT_TIMEOUT = "5s";
const TIMEOUT = duration();
/** Enough for the answer of any server; the rest is not read. */
const MAX_BODY_BYTES = 64 * 1024;

const ERROR_TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "connection reset",
  ENOTFOUND: "no such host",
  EPROTO: "no TLS there",
  Malformed_HTTP_Response: "no HTTP there",
};

export const health: Subcommand = {
  meta: {
    name: "health",
    description:
      "Asks a server over its monitoring port whether it is healthy. Ends with 0 if it is, else with\n" +
      "1 and one line that says why.",
  },
  args: {
    url: {
      type: "positional",
      required: false,
      default: DEFAULT_ADDRESS,
      description: "Port, host:port or URL",
    },
    timeout: {
      type: "string",
      valueHint: TIMEOUT.valueName,
      default: DEFAULT_TIMEOUT,
      description: "Time for the whole answer",
    },
  },
  async run(given) {
    const timeoutMs = readTimeout(given.text("timeout") ?? DEFAULT_TIMEOUT);
    const url = healthUrl(given.text("url") ?? DEFAULT_ADDRESS);
    if (url === undefined) {
      throw new SubcommandError(`not a monitoring address: ${JSON.stringify(given.text("url"))}`);
    }
    const problem = await problemOf(url, timeoutMs);
    if (problem !== "") throw new SubcommandError(`${url.host}${url.pathname}: ${problem}`);
    console.log("ok");
    return 0;
  },
};

function readTimeout(written: string): number {
  try {
    const timeoutMs = TIMEOUT.parse(written);
    if (timeoutMs > 0) return timeoutMs;
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
  }
  throw new SubcommandError(`not a time to wait: ${JSON.stringify(written)}`);
}

/** What to ask, from a URL, `host:port`, `host`, `:port` or `port`; undefined for anything else. */
export function healthUrl(written: string): URL | undefined {
  const url = URL.parse(hasScheme(written) ? written : `http://${withHostAndPort(written)}`);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  if (url.pathname === "/") url.pathname = "/healthz";
  return url;
}

function hasScheme(written: string): boolean {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(written);
}

function withHostAndPort(written: string): string {
  const [, address = "", rest = ""] = /^([^/?#]*)(.*)$/.exec(written) ?? [];
  if (/^:?\d+$/.test(address)) return `${DEFAULT_HOST}:${address.replace(":", "")}${rest}`;
  return /:\d+$/.test(address) ? written : `${address}:${DEFAULT_PORT}${rest}`;
}

/** Why the server is not healthy; "" if it is. */
async function problemOf(url: URL, timeoutMs: number): Promise<string> {
  try {
    // The question is whether this server answers, not whether a proxy does.
    const direct = { proxy: false, signal: AbortSignal.timeout(timeoutMs) } as const;
    const response = await fetch(url, direct);
    return problemIn(response.status, await textOf(response));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === "TimeoutError") return "no answer in time";
    // fetch() explains itself to programmers, and may quote the URL with a password in it.
    const code = "code" in error ? String(error.code) : error.message;
    return ERROR_TEXTS[code] ?? code;
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let byteCount = 0;
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    byteCount += chunk.length;
    if (byteCount > MAX_BODY_BYTES) break;
  }
  return text;
}

/** Judges an answer, such as `{"status":"ok"}` with code 200. */
export function problemIn(code: number, body: string): string {
  const { status, error } = objectIn(body);
  if (code === 200 && status === "ok") return "";
  if (typeof status !== "string") return `code ${code} and no answer of a health check`;
  const reason = typeof error === "string" ? `: ${error.split("\n")[0]}` : "";
  return `code ${code}, status ${JSON.stringify(status)}${reason}`;
}

/** The object that a text is; an empty one for anything else. */
function objectIn(json: string): { status?: unknown; error?: unknown } {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
