/**
 * One server: wires broker, listeners and monitoring together, and runs them from start to
 * shutdown. Everything a server owns hangs off this object, so tests run several in one process.
 */
import { OpenAccess } from "../auth/open-access.ts";
import { Broker } from "../broker/broker.ts";
import type { TopSubjects } from "../broker/top-subjects.ts";
import type { EventsOnDemand } from "../broker/events-on-demand.ts";
import { closeReasons } from "../broker/close-reason.ts";
import { advertisedAddress } from "../config/advertised-address.ts";
import { checkOptions } from "../config/check.ts";
import type { Options } from "../config/options.ts";
import type { ConfigOrigin, ResolvedOptions } from "../config/resolve.ts";
import { ConnectionContext } from "../connection/context.ts";
import type { MonitorSubject } from "../monitor/endpoint.ts";
import { Monitor } from "../monitor/monitor.ts";
import type { Profiling } from "../monitor/profiling.ts";
import { NatsContext } from "../nats/nats-context.ts";
import { systemClock } from "../util/clock.ts";
import type { Clock } from "../util/clock.ts";
import type { LogSink } from "../util/log/sink.ts";
import type { Logger } from "../util/logger.ts";
import { type ServerKeys, makeServerKeys } from "../util/nkeys.ts";
import { Access } from "./access.ts";
import { logBanner, logConfiguration } from "./banner.ts";
import { DescriptorGuard } from "./descriptor-guard.ts";
import { RunIdentity } from "./identity.ts";
import { LameDuck } from "./lame-duck.ts";
import type { LatePartsHost } from "./late-parts.ts";
import { listenAgain } from "./listen-again.ts";
import { ClientListener } from "./listeners.ts";
import type { BoundPorts } from "./ports-file.ts";
import type { AcceptedReload, AppliedEffect, Reloader } from "./reload.ts";
import type { RuntimeFiles } from "./runtime-files.ts";
import { errorText, messageOf } from "../util/system-error.ts";
import { addressText, listenProblem } from "../util/address-text.ts";

/** How long a shutdown waits for clients to take what is queued for them. */
const SHUTDOWN_WAIT_MS = 2000;
const SHUTDOWN_POLL_MS = 5;

/** Of the account for the server's own events and services. */
const SYSTEM_ACCOUNT_NAME = "$SYS";

/** Until then clients do without, should there be no descriptors to load from. */
const LATE_PARTS_RETRY_MS = 1000;

/** Where a server's options come from, and what it needs of the program around it. */
export interface ServerSurroundings {
  readonly clock?: Clock;
  /** The configuration file in use. */
  readonly origin?: ConfigOrigin | undefined;
  /** About the configuration, for the log. */
  readonly notices?: readonly string[];
  /** Reads the configuration again; absent without a file. */
  readonly resolve?: () => Promise<ResolvedOptions>;
  /** Opens another log after a reload has changed where lines go. Rejects if it cannot. */
  readonly openLog?: (options: Options) => Promise<LogSink>;
  /** The server has ended by itself: the program can end. */
  readonly onEnded?: () => void;
}

const NO_SURROUNDINGS: ServerSurroundings = {};

export class Server {
  readonly broker: Broker;
  readonly identity: RunIdentity;
  /** Being made by another thread while the rest of the server is put together. */
  readonly #keys: Promise<ServerKeys>;
  #origin: ConfigOrigin | undefined;
  readonly #surroundings: ServerSurroundings;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #access: Access;
  readonly #context: ConnectionContext;
  /** What clients of this server share; tests and benchmarks make clients with it. */
  readonly natsContext: NatsContext;
  readonly #guard: DescriptorGuard;
  readonly #clients: ClientListener;
  readonly #subject: MonitorSubject;
  readonly #monitor: Monitor;
  #profiling: Profiling | undefined;
  /** Made when it is to begin. */
  #lameDuck: LameDuck | undefined;
  #preparing: Promise<void> | undefined;
  #events: EventsOnDemand | undefined;
  /** Undefined until the options ask for any. */
  #files: RuntimeFiles | undefined;
  /** Loaded once the options ask for it. */
  #topSubjects: typeof TopSubjects | undefined;
  /** Made for the first reload. */
  #reloader: Promise<Reloader> | undefined;
  #configLoadMs: number;
  #shutdown: Promise<void> | undefined;
  /** Settled when the start is over. */
  #starting: Promise<void> | undefined;

  /** Throws an `Error` naming every rule between options that is broken. */
  constructor(options: Options, logger: Logger, surroundings = NO_SURROUNDINGS) {
    const clock = surroundings.clock ?? systemClock;
    const problems = checkOptions(options);
    if (problems.length > 0) throw new Error(problems.join("; "));
    this.#keys = makeServerKeys();
    this.#origin = surroundings.origin;
    this.#surroundings = surroundings;
    this.#configLoadMs = clock.wallMs();
    this.#logger = logger;
    this.#clock = clock;
    this.identity = new RunIdentity(options.serverName);
    this.broker = new Broker({
      maxClosedConnections: options.maxClosedClients,
      hasResultCache: !options.noSublistCache,
      systemAccount: systemAccountName(options),
      clock,
    });
    this.#access = new Access(this.broker, clock);
    const open = new OpenAccess(this.broker.globalAccount);
    this.#context = new ConnectionContext(this.broker, options, open, logger, clock);
    this.natsContext = new NatsContext(this.#context, this.identity);
    this.#guard = new DescriptorGuard(clock, logger);
    this.#clients = new ClientListener(this.natsContext, this.#guard, {
      onRenewed: () => this.#renewMonitor(),
      onBadCertificate: () => this.#endByItself(),
    });
    this.#subject = {
      broker: this.broker,
      options: () => this.#options,
      config: () => ({ digest: this.#origin?.digest ?? "", loadMs: this.#configLoadMs }),
      identity: this.identity,
      clock,
      logger,
      clientAddress: () => this.natsContext,
      certificates: () => this.#clients.certificates,
      authorities: () => this.#clients.authorities,
      certificateEndMs: () => this.#clients.certificateEndMs,
      ocspCache: () => this.#clients.ocspCacheFacts,
      isReady: () => this.#clients.isListening,
    };
    this.#monitor = new Monitor(this.#subject);
    this.#guard.guard(this.#monitor);
    this.#profiling = undefined;
    this.#lameDuck = undefined;
    this.#preparing = undefined;
    this.#events = undefined;
    this.natsContext.preparation = () => this.#prepareForClients();
    this.#files = undefined;
    this.#topSubjects = undefined;
    this.#reloader = undefined;
    this.#shutdown = undefined;
    this.#starting = undefined;
  }

  /** Those in force: a reload replaces what all connections see. */
  get #options(): Options {
    return this.#context.options;
  }

  /** The port that clients connect to; the bound one if it was to be any free port. */
  get clientPort(): number {
    return this.#clients.port;
  }

  /** The bound monitoring port; undefined when monitoring is off. */
  get monitorPort(): number | undefined {
    return this.#monitor.port;
  }

  /** Binds all ports. Rejects with an `Error` whose message is the one-line reason. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { host, port } = this.#options;
    this.identity.takeKeys(await this.#keys);
    this.broker.services.serverName = this.identity.name;
    await this.#loadFor(this.#options);
    this.#access.apply(this.#options, this.#context);
    this.#clients.takePrepared();
    this.#countSubjects();
    logBanner(this.#logger, this.identity, this.#access.hasPlainPasswords(this.#options));
    await this.#startProfiling();
    logConfiguration(this.#logger, this.#options, this.#origin, this.#surroundings.notices ?? []);
    this.#files?.writePid(this.#options);
    try {
      this.#monitor.start();
    } catch (error) {
      this.#profiling?.stop();
      throw error;
    }
    const monitorPort = this.#monitor.port;
    if (monitorPort !== undefined || this.#profiling !== undefined) this.#guard.watch();
    try {
      this.#clients.start();
    } catch (error) {
      this.#monitor.stop();
      this.#profiling?.stop();
      throw new Error(listenProblem(addressText(host, port), error));
    }
    this.#applyAdvertise();
    this.#logger.info(
      `Listening for client connections on ${addressText(host, this.#clients.port)}`,
    );
    this.#clients.announce();
    this.#files?.writePorts(this.#options, this.#boundPorts());
    this.#logger.info("Server is ready", { event: "server_ready" });
  }

  /** Loads what only servers with certain options need. */
  async #loadFor(options: Options): Promise<void> {
    await this.#clients.prepare(options);
    await this.#access.prepare(options);
    if (options.metrics.topSubjects > 0) {
      this.#topSubjects ??= (await import("../broker/top-subjects.ts")).TopSubjects;
    }
    const hasFiles = options.pidFile !== "" || options.portsFileDir !== "";
    if (this.#files !== undefined || !hasFiles) return;
    const { RuntimeFiles } = await import("./runtime-files.ts");
    this.#files = new RuntimeFiles(this.#logger);
  }

  /**
   * Closes listeners, flushes and closes every connection. Idempotent; resolves when all is done.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#shutDown();
    return this.#shutdown;
  }

  async #shutDown(): Promise<void> {
    this.#logger.info("Initiating Shutdown...", { event: "shutdown_started" });
    this.#events?.announceShutdown();
    this.#lameDuck?.cancel();
    this.#guard.stop();
    const ended = this.#clients.end();
    const connections = [...this.broker.connections.values()];
    for (const connection of connections) connection.close(closeReasons.serverShutdown);
    const deadlineMs = this.#clock.nowMs() + SHUTDOWN_WAIT_MS;
    while (connections.some((one) => one.pendingBytes > 0) && this.#clock.nowMs() < deadlineMs) {
      await new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_POLL_MS));
    }
    for (const connection of connections) connection.abandon();
    await ended;
    this.#monitor.stop();
    this.#profiling?.stop();
    this.#context.stop();
    this.#files?.remove();
    this.#logger.info("Server Exiting..", { event: "server_exited" });
  }

  #endByItself(): void {
    void this.shutdown().then(() => this.#surroundings.onEnded?.());
  }

  /** Goes into lame duck mode; see `lame-duck.ts`. */
  enterLameDuck(): void {
    if (this.#shutdown !== undefined || !this.#clients.isOpen) return;
    this.natsContext.isLameDuck = true;
    this.#events?.announceLameDuck();
    (this.#lameDuck ??= this.#makeLameDuck()).enter();
    this.#context.flushQueue.endTurn();
  }

  /** Whether the server is on its way out in lame duck mode. */
  get isLameDuck(): boolean {
    return this.#lameDuck !== undefined;
  }

  /** Brings what is needed once a client speaks. */
  #prepareForClients(): Promise<void> {
    this.#preparing ??= this.#startLateParts();
    return this.#preparing;
  }

  async #startLateParts(): Promise<void> {
    const { natsContext } = this;
    try {
      const { startLateParts } = await import("./late-parts.ts");
      if (this.#shutdown === undefined) this.#events = startLateParts(this.#lateHost());
    } catch (error) {
      this.#logger.error(`System services cannot be loaded: ${messageOf(error)}`);
      this.#clock.after(LATE_PARTS_RETRY_MS, () => {
        this.#preparing = undefined;
        natsContext.preparation = () => this.#prepareForClients();
      });
    }
    natsContext.preparation = undefined;
  }

  #lateHost(): LatePartsHost {
    const server = this;
    return {
      broker: this.broker,
      natsContext: this.natsContext,
      clock: this.#clock,
      logger: this.#logger,
      subject: this.#subject,
      monitorFacts: () => this.#monitor.facts,
      facts: {
        identity: this.identity,
        get host() {
          return server.natsContext.host;
        },
        get tags() {
          return server.#options.serverTags;
        },
        get metadata() {
          return server.#options.serverMetadata;
        },
        startMs: this.#monitor.facts.startMs,
        usage: this.#monitor.facts.usage,
      },
      get options() {
        return server.#options;
      },
      actions: {
        reload: () => this.reload(),
        announceLameDuck: (cid) => this.broker.connections.get(cid)?.announceLameDuck() ?? false,
        endTurn: () => this.#context.flushQueue.endTurn(),
      },
    };
  }

  #makeLameDuck(): LameDuck {
    const server = this;
    return new LameDuck({
      logger: this.#logger,
      clock: this.#clock,
      random: this.broker.random,
      connections: this.broker.connections,
      get options() {
        return server.#options;
      },
      stopAccepting: () => this.#clients.stop(),
      onDone: () => this.#endByItself(),
    });
  }

  // --- Reload --------------------------------------------------------------------------------

  /**
   * Reads the configuration again and takes over what has changed: all of it, or, with the reasons
   * in the log, nothing. Resolves when done either way, to the reasons if there are any.
   */
  async reload(): Promise<string | undefined> {
    // What the start has made of the options before must not come after those of the reload.
    await this.#starting?.catch(() => {});
    this.#reloader ??= this.#makeReloader();
    return (await this.#reloader).reload();
  }

  async #makeReloader(): Promise<Reloader> {
    const { Reloader } = await import("./reload.ts");
    const server = this;
    const { resolve, openLog } = this.#surroundings;
    return new Reloader({
      logger: this.#logger,
      resolve,
      openLog,
      get options() {
        return server.#options;
      },
      get boundPorts() {
        return {
          port: server.#clients.port,
          httpPort: server.#monitor.port,
          profPort: server.#profiling?.port,
        };
      },
      canReload: () => this.#shutdown === undefined,
      prepare: (options) => this.#loadFor(options),
      apply: (reload) => this.#apply(reload),
    });
  }

  /** Takes over new options; everything that could be wrong has been looked at. */
  #apply({ resolved, effects, sink }: AcceptedReload): void {
    const { options, origin } = resolved;
    const before = this.#options;
    this.#origin = origin;
    this.#context.options = options;
    this.#configLoadMs = this.#clock.wallMs();
    const steps: Readonly<Record<AppliedEffect, () => void>> = {
      logging: () => {
        this.#logger.configure(options);
        if (sink !== undefined) this.#logger.useSink(sink);
        this.#applyToConnections();
      },
      limits: () => {
        this.#applyToConnections();
        this.#enforceMaxConnections();
      },
      auth: () => {
        this.#access.apply(options, this.#context);
        for (const connection of [...this.broker.connections.values()]) connection.reauthorize();
      },
      tls: () => {
        // Whose certificate says who they are; others have no part in it.
        if (before.tls?.verifyAndMap !== options.tls?.verifyAndMap) steps.auth();
      },
      identity: () => this.#applyAdvertise(),
      metrics: () => {
        this.#countSubjects();
        this.#applyToConnections();
      },
      files: () => this.#files?.replace(before, options, this.#boundPorts()),
    };
    for (const effect of effects) steps[effect]();
    // Whatever has changed: files may hold others than before.
    this.#clients.takePrepared();
    this.#renewMonitor();
    this.#context.flushQueue.endTurn();
  }

  /** Monitoring presents the certificates of the client port. */
  #renewMonitor(): void {
    if (!this.#monitor.hasOldCertificates) return;
    this.#monitor.stopListening();
    listenAgain(this.#monitor, "monitoring", { clock: this.#clock, logger: this.#logger });
  }

  /** Counts the busiest subjects anew, or no more. */
  #countSubjects(): void {
    const { topSubjects: limit } = this.#options.metrics;
    const TopSubjects = this.#topSubjects;
    const isOn = limit > 0 && TopSubjects !== undefined;
    this.broker.topSubjects = isOn ? new TopSubjects(limit, this.broker.random) : undefined;
  }

  #applyToConnections(): void {
    for (const connection of this.broker.connections.values()) connection.applyOptions();
  }

  /** Closes connections at random until there are no more than allowed. */
  #enforceMaxConnections(): void {
    const open = [...this.broker.connections.values()];
    const excess = open.length - Math.max(this.#options.maxConnections, 0);
    if (excess <= 0) return;
    for (let i = 0; i < excess; i++) {
      const other = i + this.broker.random.below(open.length - i);
      [open[i], open[other]] = [open[other]!, open[i]!];
      open[i]!.refuse();
    }
    this.#logger.info(`Closed ${excess} connections to fall within max_connections`);
  }

  #boundPorts(): BoundPorts {
    const { host } = this.#options;
    return {
      clients: { host, port: this.#clients.port },
      monitoring: this.#monitor.address,
      profiling: this.#profiling && { host, port: this.#profiling.port },
    };
  }

  /** Loads and starts the profiling endpoint where the options ask for it. */
  async #startProfiling(): Promise<void> {
    const { host, profPort: port } = this.#options;
    if (port === 0) return;
    const { Profiling } = await import("../monitor/profiling.ts");
    const profiling = new Profiling({ host, port, clock: this.#clock });
    try {
      profiling.start();
    } catch (error) {
      const place = `listen tcp ${addressText(host, port)}: bind`;
      throw new Error(`error starting profiler: ${place}: ${errorText(error)}`);
    }
    this.#profiling = profiling;
    this.#guard.guard(profiling);
    this.#logger.info(`profiling port: ${profiling.port}`);
  }

  /** What INFO says of where clients connect. */
  #applyAdvertise(): void {
    this.natsContext.host = this.#options.host;
    this.natsContext.port = this.#clients.port;
    const { clientAdvertise } = this.#options;
    if (clientAdvertise === "") return;
    const { host, port } = advertisedAddress(clientAdvertise);
    this.natsContext.host = host;
    if (port !== undefined) this.natsContext.port = port;
  }
}

/** "" for none. */
function systemAccountName({ noSystemAccount, systemAccount }: Options): string {
  if (noSystemAccount) return "";
  return systemAccount === "" ? SYSTEM_ACCOUNT_NAME : systemAccount;
}
