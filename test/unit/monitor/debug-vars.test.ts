/** `/debug/vars`: which arguments are hidden. */
import { describe, expect, test } from "bun:test";
import { OPTION_NAMES, flagsOf, optionRow } from "../../../src/config/options.ts";
import { debugVars, redacted } from "../../../src/monitor/debug-vars.ts";

describe("the command line", () => {
  const secrets = OPTION_NAMES.map(optionRow).filter((row) => row.secret === true);
  test.each(secrets.flatMap(flagsOf))("hides the value of -%s in each form", (flag) => {
    const argv = [`-${flag}`, "s3cret", `--${flag}`, "s3cret", `-${flag}=s3cret`, `--${flag}=a=b`];
    expect(redacted(argv)).toEqual([
      ...[`-${flag}`, "[REDACTED]", `--${flag}`, "[REDACTED]"],
      ...[`-${flag}=[REDACTED]`, `--${flag}=[REDACTED]`],
    ]);
  });

  test("hides who logs in with a URL", () => {
    const argv = ["-r", "tcp://user:p@ss@host:514", "--routes=nats://a:b@c:1,nats://d@e:2"];
    expect(redacted(argv)).toEqual([
      ...["-r", "tcp://[REDACTED]@host:514"],
      "--routes=nats://[REDACTED]@c:1,nats://[REDACTED]@e:2",
    ]);
  });

  test("shows everything else", () => {
    const argv = ["-p", "4222", "--name=user", "-D", "user", "--", "pass", "http://host/a@b", "-"];
    expect(redacted(argv)).toEqual(argv);
  });
});

test("memory is given in bytes under Go's names", () => {
  const { memstats } = debugVars();
  expect(Object.keys(memstats)).toEqual(["Alloc", "Sys", "HeapAlloc", "HeapSys"]);
  for (const bytes of Object.values(memstats)) expect(bytes).toBeGreaterThan(100_000);
});
