/** Command lines that start a server: ports, log lines and signals. */
import { describe, expect, test } from "bun:test";
import { Program, runToEnd } from "../support/program.ts";

const LOCAL = ["-a", "127.0.0.1", "-p", "-1"];

/** The first line that a server sends to a new connection. */
async function greeting(port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let received = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, chunk) {
        received += chunk.toString();
        if (received.includes("\r\n")) resolve(received);
      },
      close: () => reject(new Error("closed before the greeting")),
    },
  });
  const line = await promise;
  socket.end();
  return line;
}

describe("ports", () => {
  test("port -1 takes a free port and logs it", async () => {
    await using program = await Program.start(...LOCAL);
    expect(program.port).toBeGreaterThan(0);
    expect(await greeting(program.port)).toStartWith("INFO {");
  });

  test("a port that is taken ends the start with one line and code 1", async () => {
    await using program = await Program.start(...LOCAL);
    const { port } = program;
    const second = await runToEnd("-a", "127.0.0.1", "-p", String(port));
    expect(second.stderr.trimEnd().split("\n").at(-1)).toEndWith(
      `[FTL] Error listening on port: 127.0.0.1:${port}, "address already in use"`,
    );
    expect(second.stderr).not.toContain("Server is ready");
    expect(second.exitCode).toBe(1);
  });

  test("flags may be written as Go programs take them", async () => {
    await using program = await Program.start("-addr=127.0.0.1", "--port", "-1", "-name", "gnat");
    expect(await greeting(program.port)).toContain('"server_name":"gnat"');
  });
});

describe("log lines", () => {
  test("start with process id, date, time and microseconds", async () => {
    await using program = await Program.start(...LOCAL);
    for (const line of program.log.trimEnd().split("\n")) {
      expect(line).toMatch(/^\[\d+\] \d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d\.\d{6} \[INF\] /);
      expect(line).toStartWith(`[${program.pid}] `);
    }
  });

  test("do without date and time after -T=false", async () => {
    await using program = await Program.start(...LOCAL, "-T=false");
    expect(program.log.split("\n")[0]).toStartWith(`[${program.pid}] [INF] `);
  });

  test("show debug statements and traffic after -DV", async () => {
    await using program = await Program.start(...LOCAL, "-DV");
    await greeting(program.port);
    await program.logged(/\[DBG\] 127\.0\.0\.1:\d+ - cid:\d+ - Client connection created/);
  });
});

describe("signals", () => {
  test.each([
    ["SIGINT", "interrupt"],
    ["SIGTERM", "terminated"],
  ] as const)("%s shuts the server down in order and ends with 0", async (signal, name) => {
    await using program = await Program.start(...LOCAL, "-T=false");
    program.signal(signal);
    expect(await program.exited()).toBe(0);
    const lines = program.log.trimEnd().split("\n").slice(-3);
    expect(lines.map((line) => line.replace(/^\[\d+\] /, ""))).toEqual([
      `[INF] Trapped "${name}" signal`,
      "[INF] Initiating Shutdown...",
      "[INF] Server Exiting..",
    ]);
  });

  test.each([
    ["SIGHUP", "hangup", "[ERR] Failed to reload server configuration: can only reload config"],
    ["SIGUSR1", "user defined signal 1", "[INF] File log re-open ignored, not a file logger"],
  ] as const)("%s is logged and the server goes on", async (signal, name, answer) => {
    await using program = await Program.start(...LOCAL);
    program.signal(signal);
    await program.logged(new RegExp(answer.replaceAll(/[[\]]/g, "\\$&")));
    expect(program.log).toContain(`[INF] Trapped "${name}" signal`);
    expect(await greeting(program.port)).toStartWith("INFO {");
  });
});
