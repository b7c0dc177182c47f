/**
 * The pages under `/debug/pprof/`, one row each: those of Go's net/http/pprof, with what this
 * runtime has to give in their place. `profiling.ts` serves them; the index page is made from the
 * rows too.
 */
import type { Clock } from "../util/clock.ts";
import { ProfilerBusyError, recordCpuProfile } from "./cpu-profile.ts";
import { commandLine } from "./debug-vars.ts";

/** A request, as far as pages look at it. */
export interface ProfileRequest {
  readonly parameters: URLSearchParams;
  readonly clock: Clock;
  /** Aborted when the client has left or the listener is stopped. */
  readonly end: AbortSignal;
  /** Tells the listener that the answer takes its time; until the answer. */
  keepWaiting(): void;
}

export interface ProfilePage {
  readonly name: string;
  /** What it gives here, as HTML. */
  readonly about: string;
  /** Absent where there is nothing to give; then `about` says why, in plain text. */
  readonly answer?: (request: ProfileRequest) => Response | Promise<Response>;
}

const DEFAULT_SECONDS = 30;
const MAX_SECONDS = 300;

export const PROFILE_PAGES: readonly ProfilePage[] = [
  {
    name: "profile",
    about:
      "CPU profile, recorded while the server works, in Chrome's format (.cpuprofile: Performance " +
      "panel of the developer tools, speedscope, VS Code). <code>seconds=N</code> says for how long: " +
      `${DEFAULT_SECONDS} unless given, ${MAX_SECONDS} at most. One at a time.`,
    answer: cpuProfile,
  },
  {
    name: "heap",
    about:
      "Heap snapshot in Chrome's format (.heapsnapshot: Memory panel of the developer tools). The " +
      "server stands still meanwhile, about a second for a million objects, and needs several times " +
      "the heap's memory. <b>It holds all texts of the server, secrets among them.</b>",
    answer: heapSnapshot,
  },
  {
    name: "allocs",
    about: "Sizes of the heap and of the process, and objects alive by type, as JSON.",
    answer: heapStatistics,
  },
  {
    name: "cmdline",
    about: "The command line with NUL between its arguments, secrets left out.",
    answer: () => new Response(commandLine().join("\0"), { headers: PLAIN_TEXT }),
  },
  {
    name: "goroutine",
    about:
      "There are no goroutines: one event loop does all the work, and profile shows what it does.",
  },
  {
    name: "threadcreate",
    about: "The threads are the runtime's own, and it keeps no account of them.",
  },
  {
    name: "block",
    about: "Nothing waits for locks or channels: one event loop does all the work.",
  },
  { name: "mutex", about: "There are no mutexes: one event loop does all the work." },
  { name: "symbol", about: "Profiles name their functions, so there are no addresses to look up." },
  { name: "trace", about: "The runtime has no execution tracer." },
];

const PLAIN_TEXT = { "Content-Type": "text/plain; charset=utf-8" };

/** An answer in a few words. */
export function plainText(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: PLAIN_TEXT });
}

/** The answer for the page of that name. */
export function answerFor(name: string, request: ProfileRequest): Response | Promise<Response> {
  if (name === "") return indexPage();
  const page = PROFILE_PAGES.find((one) => one.name === name);
  if (page === undefined) return plainText(404, "Unknown profile");
  return page.answer?.(request) ?? plainText(501, page.about);
}

async function cpuProfile({ parameters, clock, end, keepWaiting }: ProfileRequest) {
  const seconds = secondsOf(parameters.get("seconds"));
  if (seconds > MAX_SECONDS) {
    return plainText(400, `a profile takes ${MAX_SECONDS} seconds at most`);
  }
  keepWaiting();
  try {
    const profile = await recordCpuProfile(seconds * 1000, clock, end);
    return download("midge.cpuprofile", JSON.stringify(profile));
  } catch (error) {
    if (!(error instanceof ProfilerBusyError)) throw error;
    return plainText(409, `Could not enable CPU profiling: ${error.message}`);
  }
}

/** As in Go, what is no number above 0 stands for the default; fractions are ours. */
function secondsOf(written: string | null): number {
  const seconds = Number(written);
  return seconds > 0 ? seconds : DEFAULT_SECONDS;
}

function heapSnapshot(): Response {
  return download("midge.heapsnapshot", Bun.generateHeapSnapshot("v8", "arraybuffer"));
}

async function heapStatistics(): Promise<Response> {
  const { heapStats, memoryUsage } = await import("bun:jsc");
  const body = { process: memoryUsage(), heap: heapStats() };
  return new Response(`${JSON.stringify(body, undefined, 2)}\n`, { headers: JSON_TEXT });
}

const JSON_TEXT = { "Content-Type": "application/json; charset=utf-8" };

function download(name: string, content: string | ArrayBuffer): Response {
  const headers = { ...JSON_TEXT, "Content-Disposition": `attachment; filename="${name}"` };
  return new Response(content, { headers });
}

function indexPage(): Response {
  const rows = (pages: readonly ProfilePage[]) =>
    pages.map(({ name, about }) => `<tr><td><a href="${name}">${name}</a><td>${about}\n`).join("");
  const given = PROFILE_PAGES.filter((page) => page.answer !== undefined);
  const missing = PROFILE_PAGES.filter((page) => page.answer === undefined);
  const html = `<!DOCTYPE html>
<html lang="en">
<title>midge: /debug/pprof/</title>
<style>td { padding: 0.2em 1em 0.2em 0; vertical-align: top }</style>
<h1>/debug/pprof/</h1>
<p>Profiles of this server. The paths are nats-server's, the formats those of JavaScript engines,
which <code>go tool pprof</code> does not read. An executable may show shortened names of functions.
<table>
${rows(given)}<tr><td><a href="../vars">/debug/vars</a><td>Command line and memory in use, as JSON.
</table>
<h2>Without a counterpart here</h2>
<table>
${rows(missing)}</table>
`;
  return new Response(html, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}
