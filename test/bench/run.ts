/**
 * `bun run bench`: measures midge, and the reference server where there is one, on the same
 * workloads. Every row of every round gets a fresh server; the two take turns in going first.
 * Prints a Markdown table on stdout and progress on stderr. Figures never decide the exit code; a
 * run that fails does.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Configuration } from "./configurations.ts";
import type { Measurement } from "./drivers/measurement.ts";
import type { Job } from "./loadgen.ts";
import { median, medians, renderProgress, renderTable, summarize } from "./report.ts";
import type { Role, RowResult, Sample } from "./report.ts";
import { ServerProcess } from "./server-process.ts";
import { WORKLOADS, quick } from "./workloads.ts";
import type { Traffic, Workload } from "./workloads.ts";

const USAGE = `usage: bun run bench [flags]
  --rounds <n>        runs of each row per server, medians are reported (5)
  --only <pattern>    only rows whose name matches this regular expression
  --midge <path>      executable to measure (dist/midge, built when missing or stale)
  --reference <path>  executable to compare with (nats-server on PATH)
  --no-reference      measure midge alone
  --json <file>       write all samples there as well
  --quick             fewer messages`;

const PROJECT = resolve(import.meta.dir, "../..");
const LOADGEN = join(import.meta.dir, "loadgen.ts");
const LOADGEN_TIMEOUT_MS = 180_000;
/** Time for a server to settle before its memory is read. */
const SETTLE_MS = 1000;

interface Settings {
  readonly rounds: number;
  readonly rows: readonly Workload[];
  readonly servers: ReadonlyMap<Role, string>;
  readonly jsonPath: string | undefined;
  readonly quick: boolean;
}

async function main(): Promise<void> {
  process.on("SIGINT", () => process.exit(130));
  process.on("SIGTERM", () => process.exit(143));
  const settings = await readSettings();
  const results: RowResult[] = settings.rows.map((workload) => ({
    workload,
    samples: { midge: [], reference: [] },
    failures: [],
  }));
  for (let round = 0; round < settings.rounds; round++) {
    for (const result of results) await runRow(result, settings, round);
  }
  console.log(renderTable(results));
  console.log(`\n${summarize(results)}; ${describeRun(settings)}`);
  if (settings.jsonPath !== undefined) await writeJson(settings.jsonPath, results);
  process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0;
}

function describeRun({ rounds, quick, servers }: Settings): string {
  const binaries = [...servers].map(([role, binary]) => `${role} is ${binary}`);
  const size = quick ? "reduced sizes (--quick)" : "full sizes";
  return [`median of ${rounds} rounds`, size, `${availableParallelism()} cores`, ...binaries].join(
    ", ",
  );
}

async function readSettings(): Promise<Settings> {
  const values = readFlags();
  const rounds = Number(values.rounds);
  const only = new RegExp(values.only, "i");
  const rows = WORKLOADS.filter(({ name }) => only.test(name));
  const servers = new Map<Role, string>([["midge", values.midge ?? (await builtMidge())]]);
  const reference = values.reference ?? Bun.which("nats-server");
  if (!values["no-reference"] && reference !== null) servers.set("reference", reference);
  return {
    rounds,
    rows: values.quick ? rows.map((row) => ({ ...row, drive: quick(row.drive) })) : rows,
    servers,
    jsonPath: values.json,
    quick: values.quick,
  };
}

/** The flags as given; ends the process with the usage text when they make no sense. */
function readFlags() {
  try {
    const flags = parseFlags();
    if (flags.help) endWithUsage(0);
    if (!/^[1-9]\d*$/.test(flags.rounds)) throw new Error("--rounds takes a number from 1 on");
    return flags;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return endWithUsage(2);
  }
}

function parseFlags() {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      only: { type: "string", default: "" },
      midge: { type: "string" },
      reference: { type: "string" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      "no-reference": { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return values;
}

function endWithUsage(exitCode: number): never {
  console.error(USAGE);
  process.exit(exitCode);
}

/** The path of dist/midge, after building it if the sources are newer. */
async function builtMidge(): Promise<string> {
  const binary = join(PROJECT, "dist/midge");
  const sources = readdirSync(join(PROJECT, "src"), { recursive: true, encoding: "utf8" })
    .map((name) => join("src", name))
    .concat("build.ts", "package.json")
    .map((name) => statSync(join(PROJECT, name)).mtimeMs);
  if (existsSync(binary) && statSync(binary).mtimeMs >= Math.max(...sources)) return binary;
  const build = Bun.spawn([process.execPath, "run", "build.ts"], {
    cwd: PROJECT,
    stdout: "inherit",
    stderr: "inherit",
  });
  if ((await build.exited) !== 0) throw new Error("bun run build.ts failed");
  return binary;
}

async function runRow(result: RowResult, settings: Settings, round: number): Promise<void> {
  const { workload } = result;
  console.error(`round ${round + 1} of ${settings.rounds}: ${workload.name}`);
  const servers = [...settings.servers];
  if (round % 2 === 1) servers.reverse();
  for (const [role, binary] of servers) {
    try {
      const sample = await measure(binary, workload);
      result.samples[role].push(sample);
      console.error(`  ${renderProgress(role, sample)}`);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      result.failures.push(`${role}: ${message}`);
      console.error(`  ${role} failed: ${message}`);
    }
  }
}

async function measure(binary: string, { drive, configuration }: Workload): Promise<Sample> {
  if (drive.kind === "start-up") return measureStartUp(binary, drive.starts, configuration);
  if (drive.kind === "rest" || drive.kind === "connections") await forgetCachedPages(binary);
  const server = ServerProcess.start(binary, configuration);
  try {
    if (drive.kind !== "rest") return await measureTraffic(server, drive);
    await Bun.sleep(SETTLE_MS);
    return { metrics: { memoryBytes: server.residentBytes() } };
  } finally {
    await server.stop();
  }
}

/**
 * Makes the system read the executable from disk again, as after a reboot: the pages of a file that
 * was just written are cached in larger units, which adds some 6 MB of them to a process at rest.
 */
async function forgetCachedPages(binary: string): Promise<void> {
  await Bun.spawn(["sync"]).exited;
  const drop = ["dd", `if=${binary}`, "iflag=nocache", "count=0"];
  await Bun.spawn(drop, { stdout: "ignore", stderr: "ignore" }).exited;
}

async function measureStartUp(
  binary: string,
  starts: number,
  configuration: Configuration | undefined,
): Promise<Sample> {
  const timesMs: number[] = [];
  for (let i = 0; i < starts; i++) {
    const server = ServerProcess.start(binary, configuration);
    timesMs.push(server.startMs);
    await server.stop();
  }
  return { metrics: { startMs: median(timesMs) } };
}

/** Runs the load generator and reads the server's memory while its connections are still open. */
async function measureTraffic(server: ServerProcess, traffic: Traffic): Promise<Sample> {
  const job: Job = { server: { port: server.port, pid: server.pid }, traffic };
  const generator = Bun.spawn([process.execPath, LOADGEN, JSON.stringify(job)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    timeout: LOADGEN_TIMEOUT_MS,
  });
  try {
    const measurement = await readMeasurement(generator.stdout);
    if (measurement === undefined) throw new Error(await lastWords(generator));
    const waits = traffic.kind === "connections" || traffic.kind === "subscriptions";
    if (waits) await Bun.sleep(SETTLE_MS);
    return toSample(measurement, traffic, server);
  } finally {
    await generator.stdin.end();
    await generator.exited;
  }
}

function toSample(measured: Measurement, traffic: Traffic, server: ServerProcess): Sample {
  const { messages, seconds } = measured;
  const memoryBytes = server.residentBytes();
  if (traffic.kind === "connections") return { metrics: { memoryBytes } };
  if (traffic.kind === "tls-connections") {
    return { metrics: { bytesPerConnection: measured.bytesPerMessage, seconds } };
  }
  if (traffic.kind === "subscriptions") return { metrics: { seconds, memoryBytes } };
  return {
    metrics: {
      messagesPerSecond: messages / seconds,
      cpuNsPerMessage: (measured.serverCpuSeconds / messages) * 1e9,
      p50Us: measured.p50Us,
      p99Us: measured.p99Us,
      peakMemoryBytes: server.peakResidentBytes(),
    },
    generatorShare: measured.generatorCpuSeconds / seconds,
    serverShare: measured.serverCpuSeconds / seconds,
    otherShare: measured.otherCpuSeconds / seconds,
  };
}

/** The one line the load generator prints; nothing if it ended without. */
async function readMeasurement(
  output: ReadableStream<Uint8Array>,
): Promise<Measurement | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("\n")) return JSON.parse(text);
  }
  return undefined;
}

async function lastWords(generator: Bun.Subprocess<"pipe", "pipe", "pipe">): Promise<string> {
  const text = await new Response(generator.stderr).text();
  const message = /^error: (.*)$/m.exec(text)?.[1];
  return message ?? (text.trim() || "the load generator gave no result");
}

async function writeJson(path: string, results: readonly RowResult[]): Promise<void> {
  const rows = results.map((result) => ({
    name: result.workload.name,
    targets: result.workload.targets,
    medians: { midge: medians(result, "midge"), reference: medians(result, "reference") },
    samples: result.samples,
    failures: result.failures,
  }));
  await Bun.write(path, `${JSON.stringify({ rows }, null, 2)}\n`);
}

await main();
