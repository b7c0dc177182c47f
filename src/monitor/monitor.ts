/**
 * HTTP monitoring: the table of endpoints and the server that answers for them.
 * Answers look as the reference's to the byte: two-space JSON with HTML characters escaped.
 */
import { goJson } from "../util/go-json.ts";
import type { Server as HttpServer } from "bun";
import { withWildcardHost } from "../transport/wildcard-host.ts";
import type { Endpoint, EndpointAnswer, MonitorFacts, MonitorSubject } from "./endpoint.ts";
import { healthz } from "./healthz.ts";
import { varz } from "./varz.ts";

export const endpoints: readonly Endpoint[] = [
  { path: "/varz", answer: varz },
  { path: "/healthz", answer: healthz },
];

/** CPU use is averaged over at least this long. */
const CPU_WINDOW_MS = 1000;

export class Monitor {
  readonly #subject: MonitorSubject;
  readonly #startMs: number;
  readonly #requestCounts: Record<string, number>;
  #server: HttpServer<undefined> | undefined;
  /** Set while listening pauses. */
  #pausedPort: number | undefined;
  #cpuPercent: number;
  #cpuSampledMs: number;
  #cpuUsedUs: number;

  constructor(subject: MonitorSubject) {
    this.#subject = subject;
    this.#startMs = subject.clock.wallMs();
    this.#requestCounts = {};
    this.#server = undefined;
    this.#pausedPort = undefined;
    this.#cpuPercent = 0;
    this.#cpuSampledMs = subject.clock.nowMs();
    this.#cpuUsedUs = 0;
  }

  /** The bound port; undefined when monitoring is off. */
  get port(): number | undefined {
    return this.#pausedPort ?? this.#server?.port;
  }

  /** Binds the configured port, if any. Throws the system's error. */
  start(): void {
    const { httpPort } = this.#subject.options();
    if (httpPort !== 0) this.#listen(Math.max(httpPort, 0));
  }

  stop(): void {
    void this.#server?.stop(true);
    this.#server = undefined;
  }

  /** Drops all connections and accepts none for a while; `port` stays. */
  stopListening(): void {
    if (this.#server === undefined) return;
    this.#pausedPort = this.#server.port;
    void this.#server.stop(true);
    this.#server = undefined;
  }

  restartListening(): void {
    if (this.#pausedPort === undefined) return;
    this.#listen(this.#pausedPort);
    this.#pausedPort = undefined;
  }

  /** As the client port, the wildcard host takes IPv6 too where the machine has it. */
  #listen(port: number): void {
    const { host, httpHost } = this.#subject.options();
    const hostname = httpHost === "" ? host : httpHost;
    const fetch = (request: Request) => this.#respond(new URL(request.url).pathname);
    this.#server = withWildcardHost(hostname, (address) =>
      Bun.serve({ hostname: address, port, fetch }),
    );
  }

  #respond(path: string): Response {
    const base = trimmedBase(this.#subject.options().httpBasePath);
    const endpoint = endpoints.find((one) => base + one.path === path);
    if (endpoint === undefined) return new Response("404 page not found\n", { status: 404 });
    this.#requestCounts[path] = (this.#requestCounts[path] ?? 0) + 1;
    return toResponse(endpoint.answer(this.#subject, this.#facts()));
  }

  #facts(): MonitorFacts {
    return {
      startMs: this.#startMs,
      requestCounts: this.#requestCounts,
      cpuPercent: this.#sampleCpu(),
      // Loading it at start would cost 0.7 ms.
      cores: process.getBuiltinModule("node:os").availableParallelism(),
    };
  }

  #sampleCpu(): number {
    const nowMs = this.#subject.clock.nowMs();
    const elapsedMs = nowMs - this.#cpuSampledMs;
    if (elapsedMs < CPU_WINDOW_MS) return this.#cpuPercent;
    const { user, system } = process.cpuUsage();
    const usedUs = user + system;
    this.#cpuPercent = Math.round((usedUs - this.#cpuUsedUs) / elapsedMs) / 10;
    this.#cpuUsedUs = usedUs;
    this.#cpuSampledMs = nowMs;
    return this.#cpuPercent;
  }
}

/** `/nats/` and `nats` are `/nats`; `/` is nothing. */
function trimmedBase(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `/${trimmed}`;
}

function toResponse(answer: EndpointAnswer): Response {
  return new Response(goJson(answer.body, answer.isIndented ? 2 : undefined), {
    status: answer.status,
    headers: { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" },
  });
}
