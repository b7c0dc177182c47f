/**
 * The ports file: a small JSON file that tells other programs where this server listens, for
 * servers with ephemeral ports. Written once all ports are bound, removed at shutdown. Name and
 * content are the reference's.
 */
import type { MonitoringAddress } from "../monitor/monitor.ts";
import { errorText } from "../util/system-error.ts";

/** What the server listens on; undefined where it does not. */
export interface BoundPorts {
  readonly clients: { readonly host: string; readonly port: number };
  readonly monitoring: MonitoringAddress | undefined;
  readonly profiling: { readonly host: string; readonly port: number } | undefined;
}

/** `<dir>/midge_<pid>.ports`. */
export function portsFilePath(directory: string): string {
  return process.getBuiltinModule("node:path").join(directory, `midge_${process.pid}.ports`);
}

/** Throws an `Error` with a one-line reason. */
export function writePortsFile(path: string, ports: BoundPorts): void {
  const content = {
    nats: urls("nats", ports.clients),
    monitoring: ports.monitoring && urls(ports.monitoring.scheme, ports.monitoring),
    profile: ports.profiling && urls("http", ports.profiling),
  };
  try {
    process.getBuiltinModule("node:fs").writeFileSync(path, JSON.stringify(content));
  } catch (error) {
    throw new Error(`open ${path}: ${errorText(error)}`);
  }
}

/** Does nothing if the file is gone already. Throws an `Error` with a one-line reason. */
export function removePortsFile(path: string): void {
  try {
    process.getBuiltinModule("node:fs").rmSync(path, { force: true });
  } catch (error) {
    throw new Error(`remove ${path}: ${errorText(error)}`);
  }
}

/** One URL, or one for each address of this machine if it listens on all of them. */
function urls(scheme: string, { host, port }: { host: string; port: number }): string[] {
  const hosts = host === "0.0.0.0" || host === "::" ? machineAddresses() : [host];
  return hosts.map((one) => `${scheme}://${one.includes(":") ? `[${one}]` : one}:${port}`);
}

function machineAddresses(): string[] {
  const interfaces = process.getBuiltinModule("node:os").networkInterfaces();
  return Object.values(interfaces).flatMap((addresses) => {
    return (addresses ?? []).map((one) => one.address);
  });
}
