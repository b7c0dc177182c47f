/** `midge health` against a server, and against peers that are no healthy server. */
import { describe, expect, test } from "bun:test";
import { Program, runToEnd, runWith } from "../support/program.ts";

const LOCAL = ["-a", "127.0.0.1", "-p", "-1", "-m", "-1"];

async function startMonitored(): Promise<{ program: Program; monitor: string }> {
  const program = await Program.start(...LOCAL);
  const monitor = /Starting http monitor on (\S+:\d+)\n/.exec(program.log)?.[1] ?? "";
  return { program, monitor };
}

describe("a healthy server", () => {
  test.each([
    ["host:port", (at: string) => at],
    ["port", (at: string) => at.split(":")[1]!],
    ["URL", (at: string) => `http://${at}`],
    ["whole URL", (at: string) => `http://${at}/healthz`],
  ])("given as %s ends it with 0", async (_, address) => {
    const { program, monitor } = await startMonitored();
    await using _program = program;
    const { stdout, stderr, exitCode } = await runToEnd("health", address(monitor));
    expect(stderr).toBe("");
    expect(stdout).toBe("ok\n");
    expect(exitCode).toBe(0);
  });

  test("is asked directly, whatever proxy is set", async () => {
    const { program, monitor } = await startMonitored();
    await using _program = program;
    const environment = { HTTP_PROXY: "http://127.0.0.1:1", http_proxy: "http://127.0.0.1:1" };
    const { exitCode } = await runWith({ environment }, "health", monitor);
    expect(exitCode).toBe(0);
  });
});

describe("one line says why it ends with 1 if", () => {
  async function problemOf(...args: string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await runToEnd("health", ...args);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^midge health: .*\n$/);
    expect(exitCode).toBe(1);
    return stderr.slice("midge health: ".length, -1);
  }

  test("the server is not healthy", async () => {
    const body = { status: "unavailable", error: "not ready" };
    await using server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => Response.json(body, { status: 503 }),
    });
    const address = `127.0.0.1:${server.port}`;
    const place = `${address}/healthz`;
    expect(await problemOf(address)).toBe(`${place}: code 503, status "unavailable": not ready`);
  });

  test("the path is not that of a health check", async () => {
    const { program, monitor } = await startMonitored();
    await using _program = program;
    const problem = await problemOf(`http://${monitor}/varz`);
    expect(problem).toBe(`${monitor}/varz: code 200 and no answer of a health check`);
  });

  test("nothing listens there", async () => {
    using listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const address = `127.0.0.1:${listener.port}`;
    listener.stop(true);
    expect(await problemOf(address)).toBe(`${address}/healthz: connection refused`);
  });

  test("the port speaks something else, and a password in the URL stays hidden", async () => {
    const { program } = await startMonitored();
    await using _program = program;
    const problem = await problemOf(`http://user:s3cret@127.0.0.1:${program.port}`);
    expect(problem).toBe(`127.0.0.1:${program.port}/healthz: no HTTP there`);
  });

  test("the answer does not come in time", async () => {
    using listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const address = `127.0.0.1:${listener.port}`;
    const problem = await problemOf("--timeout", "50ms", address);
    expect(problem).toBe(`${address}/healthz: no answer in time`);
  });

  test.each([
    [["ftp://127.0.0.1"], 'not a monitoring address: "ftp://127.0.0.1"'],
    [["--timeout", "soon"], 'not a time to wait: "soon"'],
    [["--timeout", "0"], 'not a time to wait: "0"'],
    [["a", "b"], 'unexpected argument: "b"'],
  ])("the arguments are %j", async (args, reason) => {
    expect(await problemOf(...args)).toBe(reason);
  });
});
