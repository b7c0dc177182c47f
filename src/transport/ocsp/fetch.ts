/**
 * Asking an OCSP responder over HTTP (RFC 6960, A.1), with the error texts of Go's client. Every
 * question has a time limit and its answer a size limit; nothing is thrown.
 */
import { MAX_TIMER_MS } from "../../util/clock.ts";
import { errorCode, errorText } from "../../util/system-error.ts";

export interface OcspFetchRules {
  /** For the whole of it. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** What is wrong with this HTTP status; undefined if the answer counts. */
  statusProblem(status: number): string | undefined;
  /** Gives up early, as on shutdown. */
  readonly signal?: AbortSignal;
}

export interface OcspFetchFailure {
  readonly reason: string;
}

export type OcspFetchMethod = "GET" | "POST";

/** The answer, which may be anything. */
export async function fetchOcsp(
  responderUrl: string,
  method: OcspFetchMethod,
  request: Uint8Array,
  rules: OcspFetchRules,
): Promise<Uint8Array | OcspFetchFailure> {
  const url = method === "GET" ? questionUrl(responderUrl, request) : responderUrl;
  try {
    const limit = AbortSignal.timeout(Math.min(rules.timeoutMs, MAX_TIMER_MS));
    const signal = rules.signal === undefined ? limit : AbortSignal.any([limit, rules.signal]);
    const response = await fetch(url, {
      method,
      signal,
      // Nothing may unfold to more than was received.
      decompress: false,
      keepalive: false,
      headers: {
        accept: "application/ocsp-response",
        "accept-encoding": "identity",
        ...(method === "POST" ? { "content-type": "application/ocsp-request" } : {}),
      },
      ...(method === "POST" ? { body: request } : {}),
    });
    const problem = rules.statusProblem(response.status);
    if (problem === undefined) return await limitedBody(response, rules.maxBytes);
    await response.body?.cancel();
    return { reason: problem };
  } catch (error) {
    const verb = method === "GET" ? "Get" : "Post";
    return { reason: `${verb} ${JSON.stringify(url)}: ${fetchErrorText(error, responderUrl)}` };
  }
}

function questionUrl(responderUrl: string, request: Uint8Array): string {
  const base = responderUrl.endsWith("/") ? responderUrl.slice(0, -1) : responderUrl;
  return `${base}/${encodeURIComponent(Buffer.from(request).toString("base64"))}`;
}

async function limitedBody(
  response: Response,
  maxBytes: number,
): Promise<Uint8Array | OcspFetchFailure> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    // Leaving the loop ends the transfer.
    if (length > maxBytes) return { reason: `OCSP response exceeds ${maxBytes} bytes` };
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function fetchErrorText(error: unknown, url: string): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  }
  const code = errorCode(error);
  if (code !== "ConnectionRefused" && code !== "ECONNREFUSED") return errorText(error);
  const { hostname, port, protocol } = new URL(url);
  const defaultPort = protocol === "https:" ? "443" : "80";
  return `dial tcp ${hostname}:${port === "" ? defaultPort : port}: connect: connection refused`;
}
