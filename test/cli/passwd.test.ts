/** `midge passwd`: where the password comes from, what is printed, and what is refused. */
import { describe, expect, test } from "bun:test";
import { verifyPassword } from "../../src/auth/bcrypt.ts";
import { runToEnd, runWith } from "../support/program.ts";
import { TerminalProgram } from "../support/terminal.ts";

/** Cheap to make, for all tests that are not about the cost. */
const CHEAP = "--cost=4";
const HASH = /\$2a\$\d\d\$[./A-Za-z0-9]{53}/;

function hashIn(text: string): string {
  return HASH.exec(text)?.[0] ?? "";
}

describe("the hash", () => {
  test("of a password on the command line is the whole output", async () => {
    const { stdout, stderr, exitCode } = await runToEnd("passwd", "-p", "s3cret", CHEAP);
    expect(stdout).toMatch(/^\$2a\$04\$[./A-Za-z0-9]{53}\n$/);
    expect(await verifyPassword("s3cret", hashIn(stdout))).toBe(true);
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  test("has a cost of 11 unless another is asked for", async () => {
    expect((await runToEnd("passwd", "--pass=a")).stdout).toStartWith("$2a$11$");
    expect((await runToEnd("passwd", "--pass=a", "-c", "5")).stdout).toStartWith("$2a$05$");
  });

  test.each([
    ["s3cret\n", "s3cret"],
    ["s3cret\r\nmore\n", "s3cret"],
    [" no line end ", " no line end "],
  ])("is of the first line if standard input is %j", async (input, password) => {
    const { stdout, exitCode } = await runWith({ input }, "passwd", CHEAP);
    expect(await verifyPassword(password, hashIn(stdout))).toBe(true);
    expect(exitCode).toBe(0);
  });

  test("of a generated password comes with it", async () => {
    const { stdout, exitCode } = await runToEnd("passwd", "-g", CHEAP);
    const [password = "", hash = ""] = stdout.split("\n").map((line) => line.split(": ")[1]);
    expect(stdout).toMatch(/^Generated password: [A-Za-z0-9]{22}\n {7}bcrypt hash: \$2a\$04\$/);
    expect(await verifyPassword(password, hash)).toBe(true);
    expect(exitCode).toBe(0);
  });

  test("is made without a temporary folder too", async () => {
    const environment = { TMPDIR: "/nonexistent", BUN_TMPDIR: "/nonexistent" };
    const { stdout, exitCode } = await runWith({ environment }, "passwd", "-p", "s3cret", CHEAP);
    expect(await verifyPassword("s3cret", hashIn(stdout))).toBe(true);
    expect(exitCode).toBe(0);
  });
});

describe("one line says why there is none for", () => {
  test.each([
    [["-p", "a".repeat(73)], "the password has 73 bytes, and bcrypt takes no more than 72"],
    [["-p", "ü".repeat(37)], "the password has 74 bytes, and bcrypt takes no more than 72"],
    [["-p", ""], "the password is empty"],
    [[], "the password is empty"],
    [["-p", "a", "-c", "3"], 'the cost has to be a whole number from 4 to 31, not "3"'],
    [["-p", "a", "-c", "32"], 'the cost has to be a whole number from 4 to 31, not "32"'],
    [["-p", "a", "-c", "x"], 'the cost has to be a whole number from 4 to 31, not "x"'],
    [["-p"], "flag needs an argument: -p"],
    [["--zz"], "flag provided but not defined: -zz"],
    [["s3cret"], 'unexpected argument: "s3cret"'],
  ])("%j", async (args, reason) => {
    const { stdout, stderr, exitCode } = await runToEnd("passwd", ...args);
    expect(stderr).toBe(`midge passwd: ${reason}\n`);
    expect(stdout).toBe("");
    expect(exitCode).toBe(1);
  });
});

describe.if(process.platform !== "win32")("on a terminal", () => {
  test("the password is asked for twice and not shown", async () => {
    await using program = new TerminalProgram("passwd", CHEAP);
    await program.shows(/Enter password: $/);
    program.type("s3crat\x7f\x7fet\r");
    await program.shows(/Reenter password: $/);
    expect(program.echoes).toBe(false);
    program.type("s3cret\r");
    expect(await program.exited()).toBe(0);
    await program.shows(/^Enter password: \r\nReenter password: \r\n\$2a\$04\$\S{53}\r\n$/);
    expect(await verifyPassword("s3cret", hashIn(program.screen))).toBe(true);
    expect(program.echoes).toBe(true);
  });

  test("both lines may be pasted at once", async () => {
    await using program = new TerminalProgram("passwd", CHEAP);
    await program.shows(/Enter password: $/);
    program.type("grüße\rgrüße\r");
    expect(await program.exited()).toBe(0);
    await program.shows(HASH);
    expect(await verifyPassword("grüße", hashIn(program.screen))).toBe(true);
  });

  test("two that differ are refused", async () => {
    await using program = new TerminalProgram("passwd", CHEAP);
    await program.shows(/Enter password: $/);
    program.type("one\rother\r");
    expect(await program.exited()).toBe(1);
    await program.shows(/\nmidge passwd: the passwords do not match\r\n$/);
  });

  test("the end of the input is no password", async () => {
    await using program = new TerminalProgram("passwd", CHEAP);
    await program.shows(/Enter password: $/);
    program.type("\x04");
    expect(await program.exited()).toBe(1);
    await program.shows(/\r\nmidge passwd: no password given\r\n$/);
    expect(program.echoes).toBe(true);
  });

  test("ctrl-C ends with 130, and the terminal shows what is typed again", async () => {
    await using program = new TerminalProgram("passwd", CHEAP);
    await program.shows(/Enter password: $/);
    program.type("s3c\x03");
    expect(await program.exited()).toBe(130);
    expect(program.echoes).toBe(true);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s ends with %d, and the terminal shows what is typed again", async (name, code) => {
    await using program = new TerminalProgram("passwd", CHEAP);
    await program.shows(/Enter password: $/);
    program.signal(name);
    expect(await program.exited()).toBe(code);
    expect(program.echoes).toBe(true);
  });
});
