/**
 * A reload while clients are logged in or about to be, where deciding about them takes its time:
 * the rules in force count, whatever is decided by older ones, and whenever.
 */
import { describe, expect, test } from "bun:test";
import type { Authenticator, Grant, Verdict } from "../../../src/auth/authenticator.ts";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import type { Permissions } from "../../../src/broker/permissions.ts";
import { PermissionTable } from "../../../src/broker/permissions.ts";
import { MemoryBroker, type MemoryPeer, QUIET } from "../../support/memory-broker.ts";

const REFUSED: Verdict = {
  refusal: { label: "refused", reason: "Refused", closes: closeReasons.authenticationViolation },
};

/** What a user may publish to. */
function only(subject: string): Permissions | undefined {
  return new PermissionTable().of({
    publish: { allow: [subject], deny: [] },
    subscribe: { allow: undefined, deny: [] },
    responses: undefined,
  });
}

class Bench {
  readonly memory = new MemoryBroker();

  grant(permissions?: Permissions): { readonly grant: Grant } {
    const account = this.memory.broker.globalAccount;
    const label = "user:bob";
    return { grant: { account, permissions, label, identity: "bob", listedAs: "", proof: "" } };
  }

  /** From now on this verdict counts, when it is there. */
  rule(verdict: Verdict | Promise<Verdict>): void {
    const authenticator: Authenticator = {
      isRequired: true,
      isAnnounced: true,
      needsNonce: false,
      authenticateSilent: () => undefined,
      authenticate: () => verdict,
      accountOf: () => undefined,
    };
    const { context, broker } = this.memory;
    context.authenticator = authenticator;
    for (const connection of [...broker.connections.values()]) connection.reauthorize();
  }

  /** The same with a verdict that comes later. */
  ruleLater(): (verdict: Verdict) => Promise<void> {
    const { promise, resolve } = Promise.withResolvers<Verdict>();
    this.rule(promise);
    return async (verdict) => {
      resolve(verdict);
      await promise;
      // For those who wait for the promise in turn.
      for (let i = 0; i < 5; i++) await Promise.resolve();
      this.memory.context.flushQueue.flush();
    };
  }

  connect(): MemoryPeer {
    return this.memory.accept().send(`CONNECT ${JSON.stringify(QUIET)}\r\nPING\r\n`);
  }

  /** A peer that was let in, and has read so. */
  loggedIn(): MemoryPeer {
    this.rule(this.grant());
    const peer = this.connect();
    peer.read();
    return peer;
  }
}

/** Which of the subjects the peer may publish to. */
function publishable(peer: MemoryPeer): string[] {
  return ["a", "b", "c"].filter((subject) => {
    return !peer.send(`PUB ${subject} 0\r\n\r\n`).read().includes("-ERR");
  });
}

describe("a log-in that waits for its verdict", () => {
  test("is judged again if a reload came first", async () => {
    const bench = new Bench();
    const decide = bench.ruleLater();
    const peer = bench.connect();
    expect(peer.read()).toBe("");
    bench.rule(REFUSED);
    await decide(bench.grant());
    expect(peer.read()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(peer.client.isLive).toBe(false);
  });

  test("is not refused for what was wrong before the reload", async () => {
    const bench = new Bench();
    const decide = bench.ruleLater();
    const peer = bench.connect();
    bench.rule(bench.grant());
    await decide(REFUSED);
    expect(peer.read()).toBe("PONG\r\n");
  });

  test("waits for the last of several reloads, in whatever order they decide", async () => {
    const bench = new Bench();
    const decideFirst = bench.ruleLater();
    const peer = bench.connect();
    const decideLast = bench.ruleLater();
    await decideFirst(bench.grant());
    expect(peer.read()).toBe("");
    await decideLast(bench.grant(only("b")));
    expect(peer.read()).toBe("PONG\r\n");
    expect(publishable(peer)).toEqual(["b"]);
  });

  test("may be given up meanwhile", async () => {
    const bench = new Bench();
    const decide = bench.ruleLater();
    const peer = bench.connect();
    peer.client.onClose(undefined);
    bench.rule(bench.grant());
    await decide(bench.grant());
    expect(peer.read()).toBe("");
    expect(bench.memory.broker.connections.size).toBe(0);
  });
});

describe("a client that is judged anew by a reload", () => {
  test("is heard again once it is decided, from where it was", async () => {
    const bench = new Bench();
    bench.rule(bench.grant());
    const peer = bench.connect().send("SUB a 1\r\n");
    peer.read();
    const decide = bench.ruleLater();
    peer.send("PUB a 1\r\n1\r\nPUB b 1\r\n2\r\nPING\r\n");
    expect(peer.read()).toBe("");
    await decide(bench.grant(only("a")));
    expect(peer.read()).toBe(
      "MSG a 1 1\r\n1\r\n-ERR 'Permissions Violation for Publish to \"b\"'\r\nPONG\r\n",
    );
  });

  test("has what the last of several reloads grants, whichever is decided last", async () => {
    const bench = new Bench();
    const peer = bench.loggedIn();
    const decideFirst = bench.ruleLater();
    const decideLast = bench.ruleLater();
    await decideLast(bench.grant(only("b")));
    await decideFirst(bench.grant(only("a")));
    expect(publishable(peer)).toEqual(["b"]);
  });

  test("has what a quick reload grants after a slow one", async () => {
    const bench = new Bench();
    const peer = bench.loggedIn();
    const decide = bench.ruleLater();
    bench.rule(bench.grant(only("b")));
    await decide(bench.grant(only("a")));
    expect(publishable(peer)).toEqual(["b"]);
  });

  test("is not closed for what an older reload was wrong about", async () => {
    const bench = new Bench();
    const peer = bench.loggedIn();
    const decide = bench.ruleLater();
    bench.rule(bench.grant());
    await decide(REFUSED);
    expect(peer.send("PING\r\n").read()).toBe("PONG\r\n");
  });

  test("is closed if the last reload refuses it", async () => {
    const bench = new Bench();
    const peer = bench.loggedIn();
    const decideFirst = bench.ruleLater();
    const decideLast = bench.ruleLater();
    await decideFirst(bench.grant());
    await decideLast(REFUSED);
    expect(peer.read()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(peer.client.isLive).toBe(false);
  });
});
