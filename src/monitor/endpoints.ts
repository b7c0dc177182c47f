/**
 * The table of endpoints that answer over HTTP, and their answers in the form that the reference
 * gives them. `monitor.ts` loads it with the first request, and with it all endpoints.
 */
import { goJson } from "../util/go-json.ts";
import { accountz, accountzOptions } from "./accountz.ts";
import { accstatz, accstatzOptions } from "./accstatz.ts";
import { connz, connzOptions } from "./connz.ts";
import { decodedPath, hasEmptyParts, redirectToClean } from "./request-path.ts";
import { varsPage } from "./debug-vars.ts";
import { EndpointError, type MonitorFacts, type MonitorSubject } from "./endpoint.ts";
import { type OptionSource, QueryOptions } from "./endpoint-options.ts";
import { healthz, healthzOptions } from "./healthz.ts";
import type { LoopLag } from "./metrics/loop-lag.ts";
import { metricsPage } from "./metrics/metrics-page.ts";
import { jsonPieces } from "./sliced-json.ts";
import { SlicedText, slicedResponse } from "./sliced-text.ts";
import { stacksText } from "./stacksz.ts";
import * as alone from "./stand-alone.ts";
import { subsz, subszOptions } from "./subsz.ts";
import { varz } from "./varz.ts";

/** A request to an endpoint. */
export interface EndpointRequest {
  readonly subject: MonitorSubject;
  readonly facts: MonitorFacts;
  readonly options: OptionSource;
  /** What precedes all paths, "" for nothing. */
  readonly base: string;
  /** The header of that name, "" without. */
  readonly accept: string;
  readonly lag: LoopLag;
  /** Counts it under that path. */
  count(path: string): void;
}

interface Endpoint {
  readonly path: string;
  /** Throws an `EndpointError` for options that are wrong. */
  answer(request: EndpointRequest): Response | Promise<Response>;
}

/** How a row differs from most. */
interface RowSettings {
  /** Under which path requests are counted. */
  readonly countedAs?: string;
  /** Whether those with options that cannot be read count too. */
  readonly countsFirst?: boolean;
}

const JSON_HEADERS = { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" };

/** Blanks by which JSON is indented. */
const INDENT = 2;
const WIDE_INDENT = 3;

function row<Options>(
  path: string,
  read: (source: OptionSource) => Options,
  data: (subject: MonitorSubject, options: Options, facts: MonitorFacts) => object,
  { countedAs = path, countsFirst = true }: RowSettings = {},
): Endpoint {
  return {
    path,
    answer({ subject, facts, options: source, count }) {
      if (countsFirst) count(countedAs);
      const options = read(source);
      if (!countsFirst) count(countedAs);
      const pieces = jsonPieces(data(subject, options, facts), INDENT);
      return slicedResponse(new SlicedText(pieces, subject.clock), JSON_HEADERS);
    },
  };
}

const none = () => undefined;

export const endpoints: readonly Endpoint[] = [
  { path: "/", answer: root },
  row("/varz", none, (subject, _options, facts) => varz(subject, facts)),
  row("/connz", connzOptions, connz, { countsFirst: false }),
  row("/subsz", subszOptions, subsz),
  row("/subscriptionsz", subszOptions, subsz, { countedAs: "/subsz" }),
  row("/accountz", accountzOptions, accountz),
  row("/accstatz", accstatzOptions, accstatz),
  { path: "/healthz", answer: health },
  row("/routez", alone.routezOptions, alone.routez, { countsFirst: false }),
  row("/gatewayz", alone.gatewayzOptions, alone.gatewayz),
  row("/leafz", alone.leafzOptions, alone.leafz),
  row("/jsz", alone.jszOptions, alone.jsz),
  { path: "/raftz", answer: () => text(404, "No Raft nodes registered") },
  { path: "/ipqueuesz", answer: queues },
  { path: "/stacksz", answer: stacks },
  { path: "/debug/vars", answer: varsPage },
  { path: "/metrics", answer: metrics },
];

/** The answer for the whole path of the URL; its query is in the options. */
export function answerFor(url: URL, request: EndpointRequest): Response | Promise<Response> {
  const { base } = request;
  const path = decodedPath(url);
  if (hasEmptyParts(path)) return redirectToClean(path, url.search);
  const endpoint = endpoints.find((one) => pathUnder(base, one.path) === path);
  if (endpoint === undefined) {
    return text(404, "404 page not found\n", { "X-Content-Type-Options": "nosniff" });
  }
  try {
    return endpoint.answer(request);
  } catch (error) {
    if (!(error instanceof EndpointError)) throw error;
    return text(400, error.message);
  }
}

/** With a base, the root is the base itself. */
function pathUnder(base: string, path: string): string {
  return path === "/" && base !== "" ? base : base + path;
}

/** The options as they stand in the query of a URL. */
export function optionsIn(url: URL): OptionSource {
  return new QueryOptions(url.search);
}

/** Those who ask for JSON need no page in memory. */
async function root({ subject, base, count }: EndpointRequest): Promise<Response> {
  count("/");
  const { rootPage } = await import("./root-page.ts");
  return rootPage(subject.identity, base);
}

/** The status is that of the response, and the body stands on one line. */
function health({ subject, options, count }: EndpointRequest): Response {
  count("/healthz");
  const { status_code: status, ...body } = healthz(subject, healthzOptions(options));
  return json(body, 0, status);
}

/** Plain text with the header of JSON, as in the reference. */
function stacks({ subject }: EndpointRequest): Response {
  return new Response(stacksText(subject), { headers: JSON_HEADERS });
}

/** Counts itself first, as `/varz` does. */
function metrics(request: EndpointRequest): Response {
  request.count("/metrics");
  return metricsPage(request);
}

/** There are no queues between threads. */
function queues({ options }: EndpointRequest): Response {
  options.flag("all");
  return json({}, WIDE_INDENT);
}

function json(body: object, indent: number, status = 200): Response {
  return new Response(goJson(body, indent), { status, headers: JSON_HEADERS });
}

function text(status: number, words: string, more: Record<string, string> = {}): Response {
  const headers = { "Content-Type": "text/plain; charset=utf-8", ...more };
  return new Response(words, { status, headers });
}
