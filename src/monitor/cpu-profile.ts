/**
 * CPU profiles of this process in Chrome's format (`.cpuprofile`), taken by the engine's sampling
 * profiler. Called by the profiling endpoint; the profiler costs nothing until the first recording
 * and about 5 % of throughput during one.
 */
import type { Profiler, Session } from "node:inspector";
import type { Clock } from "../util/clock.ts";

/** Chrome's rate, for recordings of up to 30 s. */
const SHORTEST_INTERVAL_US = 1000;

/** Longer ones take samples further apart: 30,000 stop the server for about 0.1 s at the end. */
const MAX_SAMPLES = 30_000;

/** Gaps of this many intervals are time in which nothing ran. */
const IDLE_INTERVALS = 2;

/** The engine has one profiler for the whole process, whatever number of servers is in it. */
let isRecording = false;

/** Somebody else is recording. */
export class ProfilerBusyError extends Error {
  override readonly name = "ProfilerBusyError";
}

/**
 * Records for `durationMs`, or until `end` is aborted if that comes first. Rejects with
 * `ProfilerBusyError` during another recording.
 */
export async function recordCpuProfile(
  durationMs: number,
  clock: Clock,
  end: AbortSignal,
): Promise<Profiler.Profile> {
  if (isRecording) throw new ProfilerBusyError("CPU profiling already in use");
  isRecording = true;
  const inspector = process.getBuiltinModule("node:inspector");
  const session = new inspector.Session();
  try {
    session.connect();
    const interval = samplingIntervalUs(durationMs);
    await post(session, "Profiler.enable");
    await post(session, "Profiler.setSamplingInterval", { interval });
    await post(session, "Profiler.start");
    const startMs = clock.nowMs();
    await elapsed(durationMs, clock, end);
    const recordedUs = (clock.nowMs() - startMs) * 1000;
    return withIdleTime(await stopRecording(session), interval, recordedUs);
  } finally {
    session.disconnect();
    isRecording = false;
  }
}

/** The time between two samples of a recording that takes `durationMs`. */
export function samplingIntervalUs(durationMs: number): number {
  return Math.max(SHORTEST_INTERVAL_US, Math.ceil((durationMs * 1000) / MAX_SAMPLES));
}

function post(session: Session, method: string, params: object = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    session.post(method, params, (error) => (error ? reject(error) : resolve()));
  });
}

function stopRecording(session: Session): Promise<Profiler.Profile> {
  return new Promise((resolve, reject) => {
    session.post("Profiler.stop", (error, answer) => {
      if (error) reject(error);
      else resolve(answer.profile);
    });
  });
}

function elapsed(durationMs: number, clock: Clock, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      cancel();
      end.removeEventListener("abort", finish);
      resolve();
    };
    const cancel = clock.after(durationMs, finish);
    end.addEventListener("abort", finish);
    if (end.aborted) finish();
  });
}

/**
 * The profile with Chrome's `(idle)` wherever no sample was taken for longer than samples are
 * apart. The engine leaves such times out, and viewers would count them to the function before.
 */
export function withIdleTime(
  profile: Profiler.Profile,
  intervalUs: number,
  recordedUs: number,
): Profiler.Profile {
  const { nodes, samples = [], timeDeltas = [] } = profile;
  const [root] = nodes;
  if (root === undefined) return profile;
  const idle = idleNode(1 + nodes.reduce((highest, { id }) => Math.max(highest, id), 0));
  const timeline = new Timeline();
  let sampledUs = 0;
  const add = (gapUs: number, node: number | undefined) => {
    const isFirst = timeline.samples.length === 0;
    if (gapUs > IDLE_INTERVALS * intervalUs) {
      timeline.add(isFirst ? 0 : sampledUs + intervalUs, idle.id);
      idle.hitCount++;
    }
    sampledUs += gapUs;
    if (node !== undefined) timeline.add(sampledUs, node);
  };
  for (const [index, node] of samples.entries()) add(timeDeltas[index] ?? 0, node);
  add(recordedUs - sampledUs, undefined);
  const startTime = Math.round(profile.startTime);
  const children = [...(root.children ?? []), idle.id];
  return {
    nodes: [{ ...root, children }, ...nodes.slice(1), idle],
    startTime,
    endTime: startTime + Math.round(Math.max(recordedUs, sampledUs)),
    samples: timeline.samples,
    timeDeltas: timeline.deltasUs,
  };
}

/** Samples with whole microseconds between them. */
class Timeline {
  readonly samples: number[] = [];
  readonly deltasUs: number[] = [];
  #lastUs = 0;

  add(atUs: number, node: number): void {
    const roundedUs = Math.round(atUs);
    this.samples.push(node);
    this.deltasUs.push(roundedUs - this.#lastUs);
    this.#lastUs = roundedUs;
  }
}

function idleNode(id: number) {
  const functionName = "(idle)";
  const callFrame = { functionName, scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 };
  return { id, callFrame, hitCount: 0 };
}
