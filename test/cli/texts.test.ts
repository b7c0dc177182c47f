/** Command lines that do not start a server: what they print, where, and how they end. */
import { describe, expect, test } from "bun:test";
import { version } from "../../package.json";
import { runToEnd } from "../support/program.ts";

describe("help and version", () => {
  test.each(["-h", "--help", "-help", "help", "HELP"])("%s prints the usage", async (argument) => {
    const { stdout, stderr, exitCode } = await runToEnd(argument);
    expect(stdout).toStartWith("\nUsage: midge [options]\n");
    expect(stdout).toContain("    -p, --port <port>");
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  test.each(["-v", "--version", "version"])("%s prints both versions", async (argument) => {
    const { stdout, stderr, exitCode } = await runToEnd(argument);
    expect(stdout).toBe(`midge: v${version} (NATS 2.14.0)\n`);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });
});

describe("help about a command", () => {
  test.each([
    [["help", "passwd"]],
    [["HELP", "Passwd"]],
    [["passwd", "--help"]],
    [["passwd", "-p", "x", "-h"]],
  ])("%j prints its usage", async (args) => {
    const { stdout, stderr, exitCode } = await runToEnd(...args);
    expect(stdout).toStartWith("\nUsage: midge passwd [options]\n");
    expect(stdout).toContain("    -c, --cost <number>");
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  test("starts at the list of commands", async () => {
    const { stdout } = await runToEnd("--help");
    expect(stdout).toMatch(/\nCommands:\n {4}passwd +Print /);
  });
});

describe("a command line that cannot be read", () => {
  test.each([
    [["-zz"], "flag provided but not defined: -zz"],
    [["-p", "x"], 'invalid value "x" for flag -p: parse error'],
    [["--port=99999"], 'invalid value "99999" for flag -port: value out of range'],
    [["-D=maybe"], 'invalid boolean value "maybe" for -D: parse error'],
    [["-p"], "flag needs an argument: -p"],
    [["---p"], "bad flag syntax: ---p"],
  ])("%j says why, prints the usage and ends with 2", async (args, reason) => {
    const { stdout, stderr, exitCode } = await runToEnd(...args);
    expect(stderr).toBe(`${reason}\n`);
    expect(stdout).toStartWith("\nUsage: midge [options]\n");
    expect(exitCode).toBe(2);
  });
});

describe("a command line that makes no server", () => {
  test.each([
    [["serve"], 'midge: unrecognized command: "serve"'],
    [["-D", "passwd"], 'midge: no flags of the server go before "passwd"'],
    [["-T", "false"], 'midge: unrecognized command: "false"'],
    [["-n", "my server"], "midge: server name cannot contain spaces"],
    [
      ["--max_payload", "2kb", "--max_pending", "1kb"],
      "midge: max_payload (2048) cannot be higher than max_pending (1024)",
    ],
  ])("%j says why in one line and ends with 1", async (args, line) => {
    const { stdout, stderr, exitCode } = await runToEnd(...args);
    expect(stderr).toBe(`${line}\n`);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  });
});
