/**
 * Chooses and opens the sink that the options ask for: a file, a remote syslog, the local one or
 * stderr, the first of them that is set. Called at start and when a reload changes one of them.
 */
import { DatagramLink } from "./datagram-link.ts";
import { loadDatagramSockets } from "./datagram-socket.ts";
import { FileSink } from "./file-sink.ts";
import type { LogSink } from "./sink.ts";
import { StderrSink } from "./stderr-sink.ts";
import { StreamLink } from "./stream-link.ts";
import { SyslogFrames } from "./syslog-frame.ts";
import { type SyslogLink, SyslogSink } from "./syslog-sink.ts";
import { errorCode, errorText } from "../system-error.ts";
import { UdpLink } from "./udp-link.ts";

export interface LogSinkSettings {
  /** A path, or "". */
  readonly logFile: string;
  /** 0 means that the file does not rotate. */
  readonly logSizeLimitBytes: number;
  /** Log files to keep, the current one included; 0 means all. */
  readonly logMaxFiles: number;
  /** `udp://host:port`, `tcp://host:port`, `unix:///path`, or "". */
  readonly remoteSyslog: string;
  readonly syslog: boolean;
}

/** Where daemons listen, first on Linux, then on BSDs. */
const SYSLOG_PATHS = ["/dev/log", "/var/run/syslog", "/var/run/log"];

/** Rejects with an `Error` whose message is nats-server's if the sink cannot be opened. */
export async function makeSink(settings: LogSinkSettings): Promise<LogSink> {
  if (settings.logFile !== "") {
    return new FileSink(
      {
        path: settings.logFile,
        sizeLimitBytes: settings.logSizeLimitBytes,
        maxFiles: settings.logMaxFiles,
      },
      { complaints: lazyStderr() },
    );
  }
  if (settings.remoteSyslog !== "") return openRemoteSyslog(settings.remoteSyslog);
  if (settings.syslog) return openLocalSyslog();
  return new StderrSink();
}

/** For a file that hardly ever has anything to complain about. */
function lazyStderr(): Pick<LogSink, "write"> {
  let stderr: StderrSink | undefined;
  return { write: (line) => (stderr ??= new StderrSink()).write(line) };
}

/** The daemon of this host: datagrams at each of the paths, then streams. */
export async function openLocalSyslog(paths: readonly string[] = SYSLOG_PATHS): Promise<LogSink> {
  const frames = new SyslogFrames({ facility: 3, hostname: undefined });
  let problem = "Unix syslog delivery error";
  try {
    const connect = await loadDatagramSockets();
    for (const path of paths) {
      const link = DatagramLink.open(connect, path);
      if (link !== undefined) return new SyslogSink(link, frames);
    }
  } catch (error) {
    problem += `, ${errorText(error)}`;
  }
  for (const path of paths) {
    const link = await StreamLink.open({ unix: path }).catch(() => undefined);
    if (link !== undefined) return new SyslogSink(link, frames);
  }
  throw connectError(problem);
}

/** The daemon at a URL. */
export async function openRemoteSyslog(url: string): Promise<LogSink> {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? "";
  const rest = url.slice(scheme.length + 1).replace(/[?#].*$/, "");
  const [, host = "", path = ""] = /^(?:\/\/([^/]*))?(.*)$/.exec(rest) ?? [];
  switch (scheme) {
    case "unix":
      return remoteSink(scheme, path, undefined, () => StreamLink.open({ unix: path }));
    case "tcp":
    case "udp": {
      const address = hostAndPort(scheme, host.slice(host.lastIndexOf("@") + 1));
      const name = process.getBuiltinModule("node:os").hostname();
      return remoteSink(scheme, host, name, () => openNetwork(scheme, address));
    }
    default:
      throw new Error(`error invalid network type: ${JSON.stringify(scheme)}`);
  }
}

async function remoteSink(
  scheme: string,
  address: string,
  hostname: string | undefined,
  open: () => Promise<SyslogLink>,
): Promise<LogSink> {
  let link: SyslogLink;
  try {
    link = await open();
  } catch (error) {
    const where = errorCode(error) === "ENOTFOUND" ? `lookup ${address}` : `${address}: connect`;
    throw connectError(`dial ${scheme} ${where}: ${errorText(error)}`);
  }
  return new SyslogSink(link, new SyslogFrames({ facility: 0, hostname }));
}

function openNetwork(
  scheme: "tcp" | "udp",
  { hostname, port }: { hostname: string; port: number },
): Promise<SyslogLink> {
  return scheme === "udp" ? UdpLink.open(hostname, port) : StreamLink.open({ hostname, port });
}

/** Takes `host:port` apart, with brackets around IPv6; without a host it is this one. */
function hostAndPort(scheme: string, text: string): { hostname: string; port: number } {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null) {
    throw connectError(`dial ${scheme}: address ${text}: missing port in address`);
  }
  if (port > 65535) throw connectError(`dial ${scheme}: address ${text}: invalid port`);
  const hostname = match[1] ?? match[2] ?? "";
  return { hostname: hostname === "" ? "localhost" : hostname, port };
}

function connectError(reason: string): Error {
  return new Error(`error connecting to syslog: ${JSON.stringify(reason)}`);
}
