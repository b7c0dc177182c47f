/**
 * `/`: a page with links to the endpoints, in the reference's order and under its names, and to
 * what is our own.
 * Links are relative, so that they work behind a proxy with a path of its own.
 */
import type { ServerIdentity } from "../broker/server-identity.ts";

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

/** `base` is what precedes all paths, "" for nothing. */
export function rootPage({ name, version, midgeVersion }: ServerIdentity, base: string): Response {
  const links = LINKS.map(([title, path]) => {
    return `<li><a href=".${Bun.escapeHTML(base)}${path}">${title}</a> <code>${path}</code>\n`;
  });
  const html = `<!DOCTYPE html>
<html lang="en">
<title>midge: ${Bun.escapeHTML(name)}</title>
<style>body { font-family: sans-serif; margin: 2em } li { padding: 0.2em }</style>
<h1>midge v${midgeVersion}</h1>
<p>NATS v${version}, server ${Bun.escapeHTML(name)}
<ul>
${links.join("")}</ul>
<p><a href="${HELP}">Help</a>
</html>
`;
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}
