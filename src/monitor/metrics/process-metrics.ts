/**
 * The table of what `/metrics` tells of the process: the event loop, memory, CPU and descriptors.
 * Names that begin with `process_` are those of Prometheus' own client libraries.
 */
import { readFileSync, statSync } from "node:fs";
import type { Sample } from "./exposition.ts";
import { LAG_BOUNDS } from "./loop-lag.ts";
import { type MetricRow, type MetricsSource, single } from "./metric-row.ts";

const MS_PER_SECOND = 1000;
const US_PER_SECOND = 1_000_000;

// prettier-ignore
export const processMetrics: readonly MetricRow[] = [
  {
    name: "midge_event_loop_lag_seconds", type: "histogram", unit: "seconds",
    help: "How late a timer came that was due: all that midge does waits so long. Sampled every 100 ms, for 5 minutes after each scrape.",
    read: lagSamples,
  },
  {
    name: "midge_heap_used_bytes", type: "gauge", unit: "bytes",
    help: "Garbage-collected memory in use, with what its objects hold elsewhere.",
    read: () => single(process.memoryUsage().heapUsed),
  },
  {
    name: "process_cpu_seconds", type: "counter", unit: "seconds",
    help: "CPU time used, of user and system.",
    read: () => single(cpuSeconds()),
  },
  {
    name: "process_resident_memory_bytes", type: "gauge", unit: "bytes",
    help: "Memory of the process in RAM.",
    read: ({ facts }) => single(facts.usage.memoryBytes),
  },
  {
    name: "process_start_time_seconds", type: "gauge", unit: "seconds",
    help: "When the process was started, in seconds since 1970.",
    read: () => single(performance.timeOrigin / MS_PER_SECOND),
  },
  {
    name: "process_open_fds", type: "gauge",
    help: "Open file descriptors.",
    read: () => single(openDescriptors()),
  },
  {
    name: "process_max_fds", type: "gauge",
    help: "File descriptors that may be open.",
    read: () => single(maxDescriptors()),
  },
];

function lagSamples({ lag }: MetricsSource): readonly Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [bucket, inBucket] of lag.counts.entries()) {
    count += inBucket;
    const le = boundText(LAG_BOUNDS[bucket] ?? Infinity);
    samples.push({ suffix: "_bucket", labels: { le }, value: count });
  }
  samples.push({ suffix: "_sum", labels: {}, value: lag.sumSeconds });
  samples.push({ suffix: "_count", labels: {}, value: count });
  return samples;
}

/** In the one form that OpenMetrics has for a number. */
function boundText(bound: number): string {
  if (bound === Infinity) return "+Inf";
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / US_PER_SECOND;
}

/**
 * Linux tells it as the size of the directory since 6.2; counting ten thousand entries would take
 * milliseconds. Undefined elsewhere.
 */
function openDescriptors(): number | undefined {
  const count = statSync("/proc/self/fd", { throwIfNoEntry: false })?.size ?? 0;
  return count === 0 ? undefined : count;
}

/** Undefined where the system does not say, or sets no limit. */
function maxDescriptors(): number | undefined {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    const written = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return written === undefined ? undefined : Number(written);
  } catch {
    return undefined;
  }
}
