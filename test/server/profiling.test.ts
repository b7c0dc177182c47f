/** The profiling endpoint of a running server: its port, its pages, and its end. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { PROFILE_PAGES } from "../../src/monitor/profile-pages.ts";
import { Profiling } from "../../src/monitor/profiling.ts";
import { systemClock } from "../../src/util/clock.ts";
import { eventually } from "../support/measured-server.ts";
import { Program, runToEnd } from "../support/program.ts";
import { RawPeer } from "../support/raw-peer.ts";

const HOST = "127.0.0.1";
const LOCAL = ["-a", HOST, "-p", "-1"];

class ProfiledServer implements AsyncDisposable {
  readonly program: Program;
  readonly port: number;

  constructor(program: Program) {
    this.program = program;
    this.port = Number(/\[INF\] profiling port: (\d+)\n/.exec(program.log)?.[1]);
  }

  static async start(...args: string[]): Promise<ProfiledServer> {
    return new ProfiledServer(await Program.start(...LOCAL, "--profile", "-1", ...args));
  }

  get(path: string, signal?: AbortSignal): Promise<Response> {
    const init: RequestInit = { redirect: "manual", ...(signal === undefined ? {} : { signal }) };
    return fetch(`http://${HOST}:${this.port}${path}`, init);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]();
  }
}

/** Publishes to the server, as much as it takes, until `signal` is aborted. */
async function flood(port: number, signal: AbortSignal): Promise<void> {
  const peer = await RawPeer.open(HOST, port);
  await peer.send('CONNECT {"verbose":false}\r\n');
  const batch = `PUB a.b 64\r\n${"x".repeat(64)}\r\n`.repeat(1000);
  while (!signal.aborted) {
    await peer.send(batch);
    await peer.synchronise();
  }
  peer.end();
}

function isIdle({ callFrame }: { callFrame: { functionName: string } }): boolean {
  return callFrame.functionName.startsWith("(");
}

describe("the port", () => {
  test("is told before the configuration file, and in the ports file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "profiling-"));
    const file = join(folder, "midge.conf");
    await Bun.write(file, "max_payload: 1000\n");
    try {
      await using server = await ProfiledServer.start("-c", file, "--ports_file_dir", folder);
      expect(server.program.log).toMatch(/ID: .*\n.*profiling port: \d+\n.*Using configuration/);
      const ports = readFileSync(join(folder, `midge_${server.program.pid}.ports`), "utf8");
      expect(JSON.parse(ports)).toMatchObject({ profile: [`http://${HOST}:${server.port}`] });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("that is taken keeps the server from starting", async () => {
    await using server = await ProfiledServer.start();
    const { port } = server;
    const { stderr, exitCode } = await runToEnd(...LOCAL, "--profile", String(port));
    expect(stderr.trimEnd().split("\n").at(-1)).toEndWith(
      `[FTL] error starting profiler: listen tcp ${HOST}:${port}: bind: address already in use`,
    );
    expect(exitCode).toBe(1);
  });

  test("is not opened unless asked for", async () => {
    await using program = await Program.start(...LOCAL);
    expect(program.log).not.toContain("profiling");
  });

  test("is closed at shutdown, and a recording under way ends", async () => {
    await using server = await ProfiledServer.start();
    const recording = server.get("/debug/pprof/profile?seconds=300").then(
      (response) => response.text(),
      () => "broken off",
    );
    await eventually("a recording", 5000, async () => {
      return (await server.get("/debug/pprof/profile?seconds=0.01")).status === 409;
    });
    server.program.signal("SIGTERM");
    expect(await server.program.exited()).toBe(0);
    expect(server.program.log).toContain("Server Exiting..");
    await recording;
  });
});

describe("CPU profiles", () => {
  test("show what a busy server does, in Chrome's format", async () => {
    await using server = await ProfiledServer.start();
    const end = new AbortController();
    const flooding = flood(server.program.port, end.signal);
    const response = await server.get("/debug/pprof/profile?seconds=0.5");
    end.abort();
    await flooding;
    expect(response.status).toBe(200);
    expect(response.headers.get("content-disposition")).toContain("midge.cpuprofile");
    const profile = (await response.json()) as {
      nodes: { id: number; hitCount: number; callFrame: { functionName: string; url: string } }[];
      samples: number[];
      timeDeltas: number[];
      startTime: number;
      endTime: number;
    };
    const ids = new Set(profile.nodes.map(({ id }) => id));
    expect(profile.samples.length).toBe(profile.timeDeltas.length);
    for (const sample of profile.samples) expect(ids.has(sample)).toBe(true);
    const seconds = (profile.endTime - profile.startTime) / 1e6;
    expect(seconds).toBeGreaterThanOrEqual(0.5);
    const busy = profile.nodes.filter((node) => !isIdle(node) && node.hitCount > 0);
    expect(busy.some(({ callFrame }) => callFrame.url !== "")).toBe(true);
  });

  test("are taken one at a time; a client that leaves makes room for the next", async () => {
    await using server = await ProfiledServer.start();
    const leave = new AbortController();
    const first = server.get("/debug/pprof/profile?seconds=300", leave.signal);
    let refused: Response | undefined;
    await eventually("a second one refused", 5000, async () => {
      refused = await server.get("/debug/pprof/profile?seconds=0.01");
      return refused.status === 409;
    });
    expect(await refused?.text()).toBe(
      "Could not enable CPU profiling: CPU profiling already in use\n",
    );
    leave.abort();
    await expect(first).rejects.toThrow();
    await eventually("a third one", 5000, async () => {
      return (await server.get("/debug/pprof/profile?seconds=0.01")).status === 200;
    });
  });

  test("are given to clients that wait for longer than others may", async () => {
    const profiling = new Profiling({ host: HOST, port: -1, clock: systemClock });
    profiling.start();
    // Other connections end when they have been silent for 5 to 8 s.
    const response = await fetch(`http://${HOST}:${profiling.port}/debug/pprof/profile?seconds=9`);
    profiling.stop();
    expect(response.status).toBe(200);
  }, 20_000);

  test("of more than five minutes are refused", async () => {
    await using server = await ProfiledServer.start();
    const response = await server.get("/debug/pprof/profile?seconds=301");
    expect(response.status).toBe(400);
    expect(await response.text()).toBe("a profile takes 300 seconds at most\n");
  });
});

describe("memory", () => {
  test("is given as a heap snapshot in Chrome's format", async () => {
    await using server = await ProfiledServer.start();
    const response = await server.get("/debug/pprof/heap");
    expect(response.headers.get("content-disposition")).toContain("midge.heapsnapshot");
    const { snapshot, nodes, edges } = (await response.json()) as {
      snapshot: { meta: { node_fields: string[]; edge_fields: string[] }; node_count: number };
      nodes: number[];
      edges: number[];
    };
    expect(nodes.length).toBe(snapshot.node_count * snapshot.meta.node_fields.length);
    expect(edges.length % snapshot.meta.edge_fields.length).toBe(0);
    expect(snapshot.node_count).toBeGreaterThan(1000);
  });

  test("is given as numbers, in all and by type of object", async () => {
    await using server = await ProfiledServer.start();
    const response = await server.get("/debug/pprof/allocs");
    const number = expect.any(Number);
    expect(await response.json()).toMatchObject({
      heap: { heapSize: number, objectCount: number, objectTypeCounts: { Function: number } },
      process: { current: number, peak: number },
    });
  });
});

describe("/debug/vars and cmdline", () => {
  test("show the command line without secrets", async () => {
    await using server = await ProfiledServer.start("--user", "ann", "--pass=s3cret");
    const shown = ["--user", "[REDACTED]", "--pass=[REDACTED]"];
    const vars = await server.get("/debug/vars");
    expect(vars.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const { cmdline, memstats } = (await vars.json()) as { cmdline: string[]; memstats: object };
    expect(cmdline.slice(-3)).toEqual(shown);
    expect(cmdline).toContain("--profile");
    expect(memstats).toHaveProperty("HeapAlloc");
    const text = await (await server.get("/debug/pprof/cmdline")).text();
    expect(text.split("\0")).toEqual(cmdline);
  });
});

describe("pages", () => {
  test("are listed with what each gives", async () => {
    await using server = await ProfiledServer.start();
    const index = await server.get("/debug/pprof/");
    expect(index.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const html = await index.text();
    for (const { name, about } of PROFILE_PAGES) {
      expect(html).toContain(`<a href="${name}">${name}</a><td>${about}`);
    }
    const short = await server.get("/debug/pprof");
    expect([short.status, short.headers.get("location")]).toEqual([301, "/debug/pprof/"]);
  });

  test("without a counterpart answer 501 and say why", async () => {
    await using server = await ProfiledServer.start();
    for (const name of ["goroutine", "threadcreate", "block", "mutex", "symbol", "trace"]) {
      const response = await server.get(`/debug/pprof/${name}?debug=1`);
      expect(response.status).toBe(501);
      expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
      expect(await response.text()).toMatch(/^[A-Z][^<>]*\.\n$/);
    }
  });

  test("that there are not answer 404", async () => {
    await using server = await ProfiledServer.start();
    const unknown = await server.get("/debug/pprof/none");
    expect([unknown.status, await unknown.text()]).toEqual([404, "Unknown profile\n"]);
    const elsewhere = await server.get("/varz");
    expect([elsewhere.status, await elsewhere.text()]).toEqual([404, "404 page not found\n"]);
  });
});
