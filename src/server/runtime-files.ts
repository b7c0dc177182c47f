/**
 * The files a running server keeps for other programs: pid file and ports file. Owned by the
 * server; follows reloads.
 */
import type { Options } from "../config/options.ts";
import type { Logger } from "../util/logger.ts";
import { writePidFile } from "./pid-file.ts";
import { type BoundPorts, portsFilePath, removePortsFile, writePortsFile } from "./ports-file.ts";
import { messageOf } from "../util/system-error.ts";

export class RuntimeFiles {
  readonly #logger: Logger;
  /** The ports file that is there; "" without one. */
  #portsFile: string;

  constructor(logger: Logger) {
    this.#logger = logger;
    this.#portsFile = "";
  }

  /** At start. Throws an `Error` with the reference's text if there can be no pid file. */
  writePid({ pidFile }: Options): void {
    if (pidFile === "") return;
    try {
      writePidFile(pidFile);
    } catch (error) {
      throw new Error(`Could not write pidfile: ${messageOf(error)}`);
    }
  }

  /** At start, once the ports are bound. */
  writePorts({ portsFileDir }: Options, ports: BoundPorts): void {
    this.#writePorts(portsFileDir, ports);
  }

  /** After a reload that may have changed where the files are. */
  replace(before: Options, after: Options, ports: BoundPorts): void {
    if (after.pidFile !== before.pidFile && after.pidFile !== "") {
      try {
        writePidFile(after.pidFile);
      } catch (error) {
        this.#logger.error(`Failed to write pidfile: ${messageOf(error)}`);
      }
    }
    if (after.portsFileDir === before.portsFileDir) return;
    this.remove();
    this.#writePorts(after.portsFileDir, ports);
  }

  /** At shutdown: the ports file goes, the pid file stays, as in the reference. */
  remove(): void {
    if (this.#portsFile === "") return;
    try {
      removePortsFile(this.#portsFile);
    } catch (error) {
      const reason = messageOf(error);
      this.#logger.error(`Error cleaning up ports file ${this.#portsFile}: ${reason}`);
    }
    this.#portsFile = "";
  }

  #writePorts(directory: string, ports: BoundPorts): void {
    if (directory === "") return;
    const path = portsFilePath(directory);
    try {
      writePortsFile(path, ports);
      this.#portsFile = path;
    } catch (error) {
      this.#logger.error(`Error writing ports file (${path}): ${messageOf(error)}`);
    }
  }
}
