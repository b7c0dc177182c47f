/**
 * HTTP monitoring: the server that answers for the endpoints. What they are and how they answer is
 * in `endpoints.ts`, which is loaded with the first request.
 */
import type { Server as HttpServer, TLSOptions } from "bun";
import { addressText, listenProblem } from "../util/address-text.ts";
import { withWildcardHost } from "../transport/wildcard-host.ts";
import type { MonitorFacts, MonitorSubject } from "./endpoint.ts";
import type { Gate } from "./gate.ts";
import { LoopLag } from "./metrics/loop-lag.ts";
import { ProcessUsage } from "./process-usage.ts";

/** Where monitoring answers. */
export interface MonitoringAddress {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

type FetchHandler = (request: Request, server: HttpServer<undefined>) => Promise<Response>;

export class Monitor {
  readonly #subject: MonitorSubject;
  readonly #startMs: number;
  readonly #requestCounts: Record<string, number>;
  readonly #usage: ProcessUsage;
  readonly #lag: LoopLag;
  #server: HttpServer<undefined> | undefined;
  /** Made when somebody has to log in for the first time. */
  #gate: Gate | undefined;
  /** In use, where there is HTTPS. */
  #tls: TLSOptions | undefined;
  /** Set while listening pauses. */
  #pausedPort: number | undefined;

  constructor(subject: MonitorSubject) {
    this.#subject = subject;
    this.#startMs = subject.clock.wallMs();
    this.#requestCounts = {};
    this.#usage = new ProcessUsage(subject.clock);
    this.#lag = new LoopLag(subject.clock);
    this.#server = undefined;
    this.#gate = undefined;
    this.#tls = undefined;
    this.#pausedPort = undefined;
  }

  /** The bound port; undefined when monitoring is off. */
  get port(): number | undefined {
    return this.#pausedPort ?? this.#server?.port;
  }

  /** Also for what answers without HTTP. */
  get facts(): MonitorFacts {
    return { startMs: this.#startMs, requestCounts: this.#requestCounts, usage: this.#usage };
  }

  /** Where it listens; undefined when monitoring is off. */
  get address(): MonitoringAddress | undefined {
    const { host, httpHost, httpsPort } = this.#subject.options();
    const { port } = this;
    if (port === undefined) return undefined;
    const scheme = httpsPort === 0 ? "http" : "https";
    return { scheme, host: httpHost === "" ? host : httpHost, port };
  }

  /** Binds the configured port, if any. Throws an `Error` with the one-line reason. */
  start(): void {
    const { host, httpHost, httpPort, httpsPort } = this.#subject.options();
    const wanted = httpsPort === 0 ? httpPort : httpsPort;
    if (wanted === 0) return;
    const place = httpHost === "" ? host : httpHost;
    try {
      this.#listen(Math.max(wanted, 0));
    } catch (error) {
      const problem = listenProblem(addressText(place, wanted), error);
      throw new Error(`Can't start monitoring: ${problem}`);
    }
    const scheme = httpsPort === 0 ? "http" : "https";
    const address = addressText(place, this.port ?? wanted);
    this.#subject.logger.info(`Starting ${scheme} monitor on ${address}`);
    if (httpsPort !== 0 && this.#subject.authorities() !== undefined) {
      const text = "Monitoring over HTTPS asks for certificates, but not whether they are revoked";
      this.#subject.logger.for("monitor").warn(text);
    }
  }

  /** Whether it has to listen anew: the runtime's server keeps those with which it began. */
  get hasOldCertificates(): boolean {
    if (this.#server === undefined || this.#subject.options().httpsPort === 0) return false;
    return !Bun.deepEquals(this.#tls, this.#wantedTls());
  }

  stop(): void {
    this.#lag.stop();
    this.#pausedPort = undefined;
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
    const { host, httpHost, httpsPort } = this.#subject.options();
    const hostname = httpHost === "" ? host : httpHost;
    this.#tls = httpsPort === 0 ? undefined : this.#wantedTls();
    const tls = this.#tls;
    const fetch: FetchHandler = (request, server) => this.#respond(request, server);
    this.#server = withWildcardHost(hostname, (address) =>
      Bun.serve({ hostname: address, port, fetch, error: internalError, ...(tls && { tls }) }),
    );
  }

  /**
   * nats-server's: the certificates of the client port, and none asked of who looks, unless clients
   * are checked by OCSP. The runtime does not show whose certificate it is, so nobody is asked
   * whether that is revoked.
   */
  #wantedTls(): TLSOptions {
    const certificates = this.#subject.certificates() ?? [];
    const authorities = this.#subject.authorities();
    const own = {
      cert: certificates.map(({ cert }) => cert),
      key: certificates.map(({ key }) => key),
    };
    if (authorities === undefined) return own;
    const { pem } = authorities;
    const asked = { requestCert: true, rejectUnauthorized: true };
    return { ...own, ...asked, ...(pem === undefined ? {} : { ca: pem }) };
  }

  async #respond(request: Request, server: HttpServer<undefined>): Promise<Response> {
    const { answerFor, optionsIn } = await import("./endpoints.ts");
    const subject = this.#subject;
    const { monitorAuth } = subject.options();
    if (monitorAuth !== undefined) {
      const { Gate } = await import("./gate.ts");
      this.#gate ??= new Gate(subject.logger.for("monitor"));
      const address = server.requestIP(request)?.address ?? "";
      const header = request.headers.get("Authorization");
      const refusal = await this.#gate.refusalOf(header, monitorAuth, address);
      if (refusal !== undefined) return refusal;
    }
    const url = new URL(request.url);
    return answerFor(url, {
      subject,
      facts: this.facts,
      options: optionsIn(url),
      base: trimmedBase(subject.options().httpBasePath),
      accept: request.headers.get("Accept") ?? "",
      lag: this.#lag,
      count: (path) => this.#count(path),
    });
  }

  #count(path: string): void {
    this.#requestCounts[path] = (this.#requestCounts[path] ?? 0) + 1;
  }
}

/** One of our own bugs; it costs this answer only. */
function internalError({ message }: Error): Response {
  return new Response(`Internal error: ${message}\n`, { status: 500 });
}

/** `/nats/` and `nats` are `/nats`; `/` is nothing. */
function trimmedBase(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `/${trimmed}`;
}
