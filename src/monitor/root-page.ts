/**
 * `/`: links to the endpoints, in the reference's order and under its names, and to what is our
 * own, and the dashboard around them, which reads what they answer. Links are relative, so that
 * they work behind a proxy with a path of its own. Loaded with the first request for it.
 */
import type { ServerIdentity } from "../broker/server-identity.ts";
import { dashboardSource } from "./dashboard-source.ts" with { type: "macro" };

const LINKS: readonly (readonly [string, string])[] = [
  ["General", "/varz"],
  ["JetStream", "/jsz"],
  ["Connections", "/connz"],
  ["Accounts", "/accountz"],
  ["Account Stats", "/accstatz"],
  ["Subscriptions", "/subsz"],
  ["Routes", "/routez"],
  ["LeafNodes", "/leafz"],
  ["Gateways", "/gatewayz"],
  ["Raft Groups", "/raftz"],
  ["Health Probe", "/healthz"],
  ["Expvar", "/debug/vars"],
  ["Metrics", "/metrics"],
];

const HELP = "https://docs.nats.io/running-a-nats-service/nats_admin/monitoring";

const { html, styleHash, scriptHash } = dashboardSource();

/** Nothing but what is in the page runs there, and it talks to this server only. */
const POLICY = [
  "default-src 'none'",
  `script-src ${scriptHash}`,
  `style-src ${styleHash}`,
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "Content-Type": "text/html; charset=utf-8",
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** `base` is what precedes all paths, "" for nothing. */
export function rootPage({ name, version, midgeVersion }: ServerIdentity, base: string): Response {
  const links = LINKS.map(([title, path]) => `<li><a href="%BASE%${path}">${title}</a></li>`);
  const help = `<li><a href="${HELP}" rel="noreferrer">Help</a></li>`;
  const values: Readonly<Record<string, string>> = {
    NAME: Bun.escapeHTML(name),
    VERSION: Bun.escapeHTML(version),
    MIDGE_VERSION: Bun.escapeHTML(midgeVersion),
    BASE: `.${Bun.escapeHTML(base)}`,
  };
  const page = html
    .replace("%LINKS%", () => [...links, help].join("\n          "))
    .replace(/%([A-Z_]+)%/g, (mark, key) => values[key] ?? mark);
  return new Response(page, { headers: HEADERS });
}
