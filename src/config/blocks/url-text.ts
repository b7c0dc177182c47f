/**
 * URLs in configuration files: how messages show them, and the parts of an origin that browsers are
 * allowed to come from.
 */
import { OptionValueError } from "../option-value-error.ts";

/** From where a page may open a WebSocket. */
export interface Origin {
  readonly scheme: "http" | "https";
  /** In lower case; IPv6 addresses are without brackets. */
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORTS: Readonly<Record<Origin["scheme"], number>> = { http: 80, https: 443 };

/** The URL in quotes, without a user and password that may be in it. */
export function shownUrl(url: string): string {
  return JSON.stringify(url.replace(/^([^@]*?\/\/)?.*@/s, "$1[REDACTED]@"));
}

/** Reads `scheme://host[:port]`; throws `OptionValueError` in nats-server's words. */
export function parseOrigin(text: string): Origin {
  const shown = shownUrl(text);
  const failure = (reason: string) => {
    return new OptionValueError(`unable to parse allowed origin: parse ${shown}: ${reason}`);
  };
  const reason = syntaxProblem(text);
  if (reason !== undefined) throw failure(reason);
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(.*)$/i.exec(text);
  const scheme = match?.[1]?.toLowerCase();
  const rest = match?.[2] ?? "";
  if (scheme === undefined && !/^[/*]/.test(rest)) throw failure("invalid URI for request");
  const authority = /^\/\/([^/?]*)/.exec(rest)?.[1] ?? "";
  // With an "@", any part of the text may be of a password.
  const quoted = (part: string) => (text.includes("@") ? "" : ` ${JSON.stringify(part)}`);
  const problem = scheme === undefined ? undefined : authorityProblem(authority, quoted);
  if (problem !== undefined) throw failure(problem);
  const refusal = (what: string) => {
    return new OptionValueError(`unable to parse allowed origin ${shown}: ${what}`);
  };
  if (scheme !== "http" && scheme !== "https") {
    throw refusal("allowed origins must be absolute URLs with http or https scheme");
  }
  const hostAndPort = authority.slice(authority.lastIndexOf("@") + 1);
  if (hostAndPort === "") throw refusal("host is required");
  const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(hostAndPort);
  if (parts === null) throw refusal("too many colons in address");
  const host = (parts[1] ?? parts[2] ?? "").toLowerCase();
  return { scheme, host, port: parts[3] ? Number(parts[3]) : DEFAULT_PORTS[scheme] };
}

/** What Go finds wrong with a URL before it looks at its parts. */
function syntaxProblem(text: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return "net/url: invalid control character in URL";
  if (text === "") return "empty url";
  return text.startsWith(":") ? "missing protocol scheme" : undefined;
}

/** What Go finds wrong with `user:password@host:port`, if anything. */
function authorityProblem(authority: string, quoted: (part: string) => string): string | undefined {
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const port = /^\[[^\]]*\](.*)$/.exec(host)?.[1] ?? /:[^:]*$/.exec(host)?.[0] ?? "";
  if (host.startsWith("[") && !host.includes("]")) return "missing ']' in host";
  if (!/^(?::\d*)?$/.test(port)) return `invalid port${quoted(port)} after host`;
  const stray = /%(?![0-9a-f]{2}).{0,2}|[ ^`{|}\\]/i.exec(host)?.[0];
  if (stray?.startsWith("%") === true) return `invalid URL escape${quoted(stray)}`;
  if (stray !== undefined) return `invalid character${quoted(stray)} in host name`;
  if (at < 0) return undefined;
  const isValid = /^(?:[\w.\-~!$&'()*+,;=:@]|%[0-9a-f]{2})*$/i.test(authority.slice(0, at));
  return isValid ? undefined : "net/url: invalid userinfo";
}
