/** The states of a connection: which may follow which, as the drawing in `state.ts` has it. */
import { expect, test } from "bun:test";
import { ConnectionState, nextState } from "../../../src/connection/state.ts";
import { AssertionError } from "../../../src/util/assert.ts";

const { Greeting, Authenticating, Open, Closing, Closed } = {
  Greeting: ConnectionState.Greeting,
  Authenticating: ConnectionState.Authenticating,
  Open: ConnectionState.Open,
  Closing: ConnectionState.Closing,
  Closed: ConnectionState.Closed,
};
const ALL = [Greeting, Authenticating, Open, Closing, Closed];

test("a connection is greeted, logs in if it has to, and is open until it closes", () => {
  for (const life of [
    [Greeting, Authenticating, Open, Closing, Closed],
    [Greeting, Open, Closing, Closed],
    [Greeting, Authenticating, Closing, Closed],
    [Greeting, Closed],
    [Authenticating, Closed],
    [Open, Closed],
  ]) {
    life.reduce((current, next) => {
      expect(nextState(current, next)).toBe(next);
      return next;
    });
  }
});

test("there is no way back and no staying", () => {
  for (const [index, current] of ALL.entries()) {
    expect(() => nextState(current, current)).toThrow(AssertionError);
    for (const earlier of ALL.slice(0, index)) {
      if (current === Open && earlier === Authenticating) continue;
      expect(() => nextState(current, earlier)).toThrow(AssertionError);
    }
  }
});
