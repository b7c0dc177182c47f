/**
 * The profiling endpoint of `prof_port`: an HTTP listener of its own for `/debug/pprof/` and
 * `/debug/vars`. `server.ts` loads this file when the option is set, and nothing of it before. As
 * in nats-server, whoever reaches the port may ask.
 */
import type { Server as HttpServer } from "bun";
import { withWildcardHost } from "../transport/wildcard-host.ts";
import type { Clock } from "../util/clock.ts";
import { varsPage } from "./debug-vars.ts";
import { answerFor, plainText } from "./profile-pages.ts";

const PAGES = "/debug/pprof/";
const VARS = "/debug/vars";

/** How long a connection may stay silent, as in the reference. */
const IDLE_SECONDS = 5;
const FOREVER = 0;

/** Nobody has to send a body. */
const MAX_BODY_BYTES = 64 * 1024;

export interface ProfilingSettings {
  readonly host: string;
  /** -1 for any free one. */
  readonly port: number;
  readonly clock: Clock;
}

export class Profiling {
  readonly #host: string;
  readonly #clock: Clock;
  /** The bound one once there is one. */
  #port: number;
  #server: HttpServer<undefined> | undefined;

  constructor({ host, port, clock }: ProfilingSettings) {
    this.#host = host;
    this.#clock = clock;
    this.#port = Math.max(port, 0);
    this.#server = undefined;
  }

  /** The bound port; 0 before `start` if it is to be any free one. */
  get port(): number {
    return this.#port;
  }

  /** Binds the port. Throws the system's error. */
  start(): void {
    const listener = withWildcardHost(this.#host, (hostname) =>
      Bun.serve({
        hostname,
        port: this.#port,
        idleTimeout: IDLE_SECONDS,
        maxRequestBodySize: MAX_BODY_BYTES,
        fetch: (request, server) => this.#respond(request, server),
        error: (error) => plainText(500, error.message),
      }),
    );
    this.#port = listener.port ?? this.#port;
    this.#server = listener;
  }

  /** Drops all connections; a recording under way ends. */
  stop(): void {
    void this.#server?.stop(true);
    this.#server = undefined;
  }

  /** For a while; `port` stays. */
  stopListening(): void {
    this.stop();
  }

  restartListening(): void {
    if (this.#server === undefined) this.start();
  }

  async #respond(request: Request, server: HttpServer<undefined>): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === VARS) return varsPage();
    if (`${pathname}/` === PAGES) return Response.redirect(PAGES, 301);
    if (!pathname.startsWith(PAGES)) return plainText(404, "404 page not found");
    const response = await answerFor(pathname.slice(PAGES.length), {
      parameters: searchParams,
      clock: this.#clock,
      end: request.signal,
      keepWaiting: () => server.timeout(request, FOREVER),
    });
    server.timeout(request, IDLE_SECONDS);
    return response;
  }
}
