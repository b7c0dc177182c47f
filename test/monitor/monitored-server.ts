/**
 * A midge inside the test process with a configuration and monitoring on a free port, and clients
 * of it. Used by the tests of endpoints. Dispose of it with `await using`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArguments } from "../../src/cli/arguments.ts";
import { fileSource } from "../../src/config/file-source.ts";
import { resolveOptions } from "../../src/config/resolve.ts";
import { Server } from "../../src/server/server.ts";
import { Logger } from "../../src/util/logger.ts";
import { Metrics } from "../support/metrics.ts";
import { RawPeer } from "../support/raw-peer.ts";
import { TEST_HOST } from "../support/running-server.ts";

const PORTS = ["-a", TEST_HOST, "-p", "-1", "-m", "-1"];

export class MonitoredServer implements AsyncDisposable {
  readonly server: Server;
  readonly #folder: string;
  readonly #peers: RawPeer[];

  private constructor(server: Server, folder: string) {
    this.server = server;
    this.#folder = folder;
    this.#peers = [];
  }

  static async start(config: string): Promise<MonitoredServer> {
    const folder = mkdtempSync(join(tmpdir(), "monitored-"));
    const path = join(folder, "server.conf");
    writeFileSync(path, config);
    const invocation = parseArguments([...PORTS, "-c", path]);
    if (invocation.kind !== "run") throw new Error(`not a server: ${invocation.kind}`);
    const { options, errors } = await resolveOptions(invocation.sources, fileSource);
    if (errors.length > 0) throw new Error(errors.join("\n"));
    const server = new Server(options, new Logger(options, { sink: { write: () => {} } }));
    await server.start();
    return new MonitoredServer(server, folder);
  }

  /** A client that has sent CONNECT with these fields, then the lines, and been answered. */
  async client(fields: Readonly<Record<string, unknown>>, ...lines: string[]): Promise<RawPeer> {
    const peer = await this.stranger();
    await peer.send(`CONNECT ${JSON.stringify({ verbose: false, ...fields })}\r\n`);
    await peer.send(lines.map((line) => `${line}\r\n`).join(""));
    await peer.synchronise();
    return peer;
  }

  /** A client that has been greeted and has said nothing. */
  async stranger(): Promise<RawPeer> {
    const peer = await RawPeer.open(TEST_HOST, this.server.clientPort);
    this.#peers.push(peer);
    return peer;
  }

  fetch(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`http://${TEST_HOST}:${this.server.monitorPort}${path}`, { headers });
  }

  /** `base` is what precedes all paths. */
  async metrics(base = ""): Promise<Metrics> {
    return new Metrics(await (await this.fetch(`${base}/metrics`)).text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer.end();
    await this.server.shutdown();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
