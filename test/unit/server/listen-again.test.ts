/** A port that somebody else has taken when it is to be bound anew. */
import { expect, test } from "bun:test";
import { listenAgain } from "../../../src/server/listen-again.ts";
import { Logger } from "../../../src/util/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { defaultOptions } from "../../../src/config/options.ts";

test("it is tried again until it can be had, and the log says so", () => {
  const clock = new FakeClock();
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line) };
  const logger = new Logger({ ...defaultOptions(), logtime: false }, { sink });
  let attempts = 0;
  const port = {
    stopListening() {},
    restartListening() {
      if (++attempts < 3) throw new Error("address already in use");
    },
  };
  listenAgain(port, "monitoring", { clock, logger });
  expect(attempts).toBe(1);
  clock.advance(1000);
  clock.advance(1000);
  clock.advance(10_000);
  expect(attempts).toBe(3);
  expect(lines.map((line) => line.replace(/^\[\d+\] /, "").trim())).toEqual([
    "[ERR] Unable to listen for monitoring again: address already in use",
    "[ERR] Unable to listen for monitoring again: address already in use",
  ]);
});
