/** Reloads one after the other, and what happens between the steps of one. Without a server. */
import { describe, expect, test } from "bun:test";
import { type Options, defaultOptions } from "../../src/config/options.ts";
import type { ResolvedOptions } from "../../src/config/resolve.ts";
import { type AcceptedReload, Reloader } from "../../src/server/reload.ts";
import type { LogSink } from "../../src/util/log/sink.ts";
import { Logger } from "../../src/util/logger.ts";

const FAILED = "[ERR] Failed to reload server configuration: ";

function resolvedTo(options: Partial<Options>): ResolvedOptions {
  const origin = { path: "midge.conf", digest: "sha256:0" };
  const all = { ...defaultOptions(), ...options };
  return { options: all, origin, emptiness: "", errors: [], warnings: [], notices: [] };
}

/** A reloader of which the test decides what is read, when, and how. */
class Scene {
  readonly reloader: Reloader;
  readonly applied: AcceptedReload[] = [];
  readonly lines: string[] = [];
  isEnding = false;
  resolve: () => Promise<ResolvedOptions> = () => Promise.resolve(resolvedTo({}));
  openLog: () => Promise<LogSink> = () => Promise.reject(new Error("no log"));

  constructor(options: Partial<Options> = {}) {
    const sink = {
      write: (line: string) => void this.lines.push(line.replace(/^\[1\] |\n$/g, "")),
    };
    const settings = { ...defaultOptions(), logtime: false };
    const logger = new Logger(settings, { sink, colours: false, pid: 1 });
    this.reloader = new Reloader({
      logger,
      options: { ...defaultOptions(), ...options },
      boundPorts: { port: 4555, httpPort: undefined, profPort: undefined },
      resolve: () => this.resolve(),
      openLog: () => this.openLog(),
      prepare: () => Promise.resolve(),
      canReload: () => !this.isEnding,
      apply: (reload) => void this.applied.push(reload),
    });
  }
}

/** A sink of which it is known whether it was closed. */
class ClosableSink implements LogSink {
  isClosed = false;
  write(): void {}
  close(): void {
    this.isClosed = true;
  }
}

describe("a reload", () => {
  test("waits for the one before it", async () => {
    const scene = new Scene();
    const first = Promise.withResolvers<ResolvedOptions>();
    const sizes = [1, 2];
    scene.resolve = () => {
      const maxPayloadBytes = sizes.shift()!;
      if (maxPayloadBytes === 1) return first.promise;
      return Promise.resolve(resolvedTo({ maxPayloadBytes }));
    };
    const both = [scene.reloader.reload(), scene.reloader.reload()];
    await Bun.sleep(0);
    expect(sizes).toEqual([2]);
    first.resolve(resolvedTo({ maxPayloadBytes: 1 }));
    await Promise.all(both);
    const payloads = scene.applied.map(({ resolved }) => resolved.options.maxPayloadBytes);
    expect(payloads).toEqual([1, 2]);
  });

  test("that fails by a bug of ours is logged, and the next one works", async () => {
    const scene = new Scene();
    scene.resolve = () => Promise.reject(new TypeError("a bug"));
    await scene.reloader.reload();
    expect(scene.lines).toEqual([`${FAILED}Internal error: a bug`]);
    scene.resolve = () => Promise.resolve(resolvedTo({}));
    await scene.reloader.reload();
    expect(scene.applied).toHaveLength(1);
  });

  test("is dropped when the server begins to end while the file is read", async () => {
    const scene = new Scene();
    scene.resolve = () => {
      scene.isEnding = true;
      return Promise.resolve(resolvedTo({ maxPayloadBytes: 1 }));
    };
    await scene.reloader.reload();
    expect([scene.applied, scene.lines]).toEqual([[], []]);
  });

  test("is dropped, and the new log closed, when it begins to end while that is opened", async () => {
    const scene = new Scene();
    const sink = new ClosableSink();
    scene.resolve = () => Promise.resolve(resolvedTo({ logFile: "new.log" }));
    scene.openLog = () => {
      scene.isEnding = true;
      return Promise.resolve(sink);
    };
    await scene.reloader.reload();
    expect([scene.applied, scene.lines, sink.isClosed]).toEqual([[], [], true]);
  });

  test("that would have to open a log that cannot be opened changes nothing", async () => {
    const scene = new Scene();
    scene.resolve = () => Promise.resolve(resolvedTo({ logFile: "new.log", maxPayloadBytes: 1 }));
    await scene.reloader.reload();
    expect([scene.applied, scene.lines]).toEqual([[], [`${FAILED}no log`]]);
  });

  test.each([
    [-1, 4555, []],
    [4555, -1, []],
    [-1, -1, []],
    [-1, 4222, ["config reload not supported for Port: old=4555, new=4222"]],
  ])("knows which port %d stands for when the file says %d", async (before, after, reasons) => {
    const scene = new Scene({ port: before });
    scene.resolve = () => Promise.resolve(resolvedTo({ port: after }));
    await scene.reloader.reload();
    const refused = scene.lines.filter((line) => line.startsWith(FAILED));
    expect(refused.map((line) => line.slice(FAILED.length))).toEqual(reasons);
  });
});
