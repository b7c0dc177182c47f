/**
 * Accounts that are announced again: each half a minute after the last time, with one timer.
 */
import { expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import { AccountHeartbeats } from "../../../src/broker/account-heartbeats.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp() {
  const clock = new FakeClock(0);
  const beats: string[] = [];
  const heartbeats: AccountHeartbeats = new AccountHeartbeats(clock, (account) => {
    beats.push(`${account.name} ${clock.nowMs()}`);
    heartbeats.noteAnnounced(account);
  });
  const account = (name: string) => Object.assign(new Account(name, true), { connections: 1 });
  return { clock, beats, heartbeats, account };
}

test("each account is due 30 s after it was announced last", () => {
  const { clock, beats, heartbeats, account } = setUp();
  const [a, b] = [account("a"), account("b")];
  heartbeats.noteAnnounced(a);
  clock.advance(10_000);
  heartbeats.noteAnnounced(b);
  clock.advance(10_000);
  heartbeats.noteAnnounced(a);
  expect(clock.timerCount).toBe(1);
  clock.advance(60_000);
  expect(beats).toEqual(["b 40000", "a 50000", "b 70000", "a 80000"]);
});

test("accounts that are due at about the same time share a turn", () => {
  const { clock, beats, heartbeats, account } = setUp();
  for (const name of ["a", "b", "c"]) {
    heartbeats.noteAnnounced(account(name));
    clock.advance(300);
  }
  clock.advance(30_000);
  expect(beats).toEqual(["a 30000", "b 30000", "c 30600"]);
});

test("an account without connections is not due", () => {
  const { clock, beats, heartbeats, account } = setUp();
  const a = account("a");
  heartbeats.noteAnnounced(a);
  a.connections = 0;
  heartbeats.noteAnnounced(a);
  clock.advance(60_000);
  expect(beats).toEqual([]);
  expect(clock.timerCount).toBe(0);
});

test("nothing is due after stop", () => {
  const { clock, beats, heartbeats, account } = setUp();
  heartbeats.noteAnnounced(account("a"));
  heartbeats.stop();
  expect(clock.timerCount).toBe(0);
  clock.advance(60_000);
  expect(beats).toEqual([]);
});
