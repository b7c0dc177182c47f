/** Logging in: what may come before CONNECT, what it changes, and a second one. */
import { describe, expect, test } from "bun:test";
import type { Authenticator } from "../../../src/auth/authenticator.ts";
import { FailedLogins } from "../../../src/auth/failed-logins.ts";
import type { Broker } from "../../../src/broker/broker.ts";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { ConnectionState } from "../../../src/connection/state.ts";
import { byName, configured } from "../../support/log-ins.ts";
import { MemoryBroker, QUIET } from "../../support/memory-broker.ts";

const BOB = { ...QUIET, user: "bob", pass: "s3cret" };

const bobOnly = configured({ username: "bob", password: "s3cret" });

/** Everybody works in the account named like the user; without one, in the global account. */
const byUser = (broker: Broker): Authenticator =>
  byName((user) => {
    if (user === "") return broker.globalAccount;
    return broker.account(user) ?? broker.addAccount(user);
  });

describe("where log-in is required", () => {
  test("INFO says so", () => {
    const broker = new MemoryBroker({ authenticator: bobOnly });
    const peer = broker.accept();
    expect(peer.transport.output).toContain('"auth_required":true');
    expect(peer.client.state).toBe(ConnectionState.Authenticating);
  });

  test("any other operation first is refused with its first byte", () => {
    for (const input of ["P", "S", "U", "H", "I", "+", "-", "x", "\r"]) {
      const broker = new MemoryBroker({ authenticator: bobOnly });
      const peer = broker.accept().send(input);
      expect(peer.read()).toBe("-ERR 'Authorization Violation'\r\n");
      expect(broker.lastClosed?.reason).toBe(closeReasons.authenticationViolation);
    }
  });

  test("the right credentials open the connection", () => {
    const peer = new MemoryBroker({ authenticator: bobOnly }).connect(BOB);
    expect(peer.client.state).toBe(ConnectionState.Open);
    expect(peer.send("SUB a 1\r\nPUB a 0\r\n\r\n").read()).toBe("MSG a 1 0\r\n\r\n");
  });

  test("wrong ones close it, and the log names the user but no secret", () => {
    const broker = new MemoryBroker({ authenticator: bobOnly });
    const peer = broker.accept().send('CONNECT {"user":"bob","pass":"wr0ng"}\r\nPING\r\n');
    expect(peer.read()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.authenticationViolation);
    expect(broker.logged('authentication error - User "bob"')).toHaveLength(1);
    expect(broker.logged("wr0ng")).toEqual([]);
  });

  test("operations may follow CONNECT in the same chunk", () => {
    const peer = new MemoryBroker({ authenticator: bobOnly }).accept();
    peer.send(`CONNECT ${JSON.stringify(BOB)}\r\nPING\r\n`);
    expect(peer.read()).toBe("PONG\r\n");
  });

  test("the label in the log names account and user", () => {
    const peer = new MemoryBroker({ authenticator: bobOnly }).connect({
      ...BOB,
      version: "1.2",
      lang: "ts",
      name: "app",
    });
    const address = `127.0.0.1:50000 - cid:${peer.client.cid}`;
    expect(peer.client.label).toBe(`${address} - "v1.2:ts:app" - "$G/user:bob"`);
  });
});

describe("CONNECT", () => {
  test("moves the connection to its account, with its counts", () => {
    const broker = new MemoryBroker({ authenticator: byUser });
    const { globalAccount } = broker.broker;
    const peer = broker.accept();
    expect(globalAccount.connections).toBe(1);
    peer.send('CONNECT {"verbose":false,"user":"A"}\r\n');
    expect(globalAccount.connections).toBe(0);
    expect(broker.broker.accounts.get("A")?.connections).toBe(1);
    peer.client.close(closeReasons.kicked);
    expect(broker.broker.accounts.get("A")?.connections).toBe(0);
  });

  test("separates accounts", () => {
    const broker = new MemoryBroker({ authenticator: byUser });
    const inA = broker.connect({ ...QUIET, user: "A" }).send("SUB > 1\r\n");
    const inB = broker.connect({ ...QUIET, user: "B" }).send("SUB > 1\r\n");
    broker.connect({ ...QUIET, user: "A" }).send("PUB a 0\r\n\r\nPUB a 0\r\n\r\n");
    expect(inA.read()).toBe("MSG a 1 0\r\n\r\n".repeat(2));
    expect(inB.read()).toBe("");
  });

  test("a second time drops all subscriptions and logs in anew", () => {
    const broker = new MemoryBroker({ authenticator: byUser });
    const peer = broker.connect({ ...QUIET, user: "A" }).send("SUB a 1\r\n");
    peer.send('CONNECT {"user":"B"}\r\nSUB a 2\r\n');
    expect(peer.client.account.name).toBe("B");
    expect(peer.client.subscriptionCount).toBe(1);
    expect(broker.broker.accounts.get("A")?.sublist.count).toBe(0);
    expect(peer.send("PUB a 0\r\n\r\n").read()).toBe("MSG a 2 0\r\n\r\n");
  });

  test("a second time keeps what it does not say", () => {
    const peer = new MemoryBroker().connect({ ...QUIET, echo: false, headers: true });
    expect(peer.send("CONNECT {}\r\nSUB a 1\r\nPUB a 0\r\n\r\n").read()).toBe("");
    expect(peer.send('CONNECT {"echo":true}\r\nSUB a 1\r\nPUB a 0\r\n\r\n').read()).toBe(
      "MSG a 1 0\r\n\r\n",
    );
    expect(peer.send("HPUB a 1 2\r\nxy\r\n").read()).toBe("HMSG a 1 1 2\r\nxy\r\n");
  });

  test("a second time needs the credentials again", () => {
    const broker = new MemoryBroker({ authenticator: bobOnly });
    const peer = broker.connect(BOB);
    peer.send('CONNECT {"pass":"wr0ng"}\r\n');
    expect(peer.read()).toBe("-ERR 'Authorization Violation'\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.authenticationViolation);
  });

  test("headers stay off where the server does not support them", () => {
    const broker = new MemoryBroker({ options: { noHeaderSupport: true } });
    const peer = broker.connect({ ...QUIET, headers: true });
    expect(peer.transport.output).toContain('"headers":false');
    peer.send("HPUB a 0 0\r\n\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.protocolViolation);
    const other = broker.connect({ ...QUIET, headers: true, no_responders: true });
    expect(other.transport.output).toContain("no responders requires headers support");
  });
});

describe("tracing", () => {
  test("shows operations and deliveries, CONNECT without secrets", () => {
    const broker = new MemoryBroker({ options: { trace: true }, authenticator: bobOnly });
    const peer = broker.connect(BOB);
    peer.send("SUB a 1\r\nPUB a r 2\r\nhi\r\nPING\r\n");
    const traced = broker.logged("[TRC]").map((line) => line.replace(/^.*?((?:<<-|->>).*)$/, "$1"));
    expect(traced.join("\n")).not.toContain("s3cret");
    expect(traced.filter((line) => !line.includes("CONNECT"))).toEqual([
      "<<- [SUB a 1]",
      "<<- [PUB a r 2]",
      '<<- MSG_PAYLOAD: ["hi"]',
      "->> [MSG a 1 r 2]",
      '->> MSG_PAYLOAD: ["hi"]',
      "<<- [PING]",
      "->> [PONG]",
    ]);
  });
});

describe("an address from which log-ins fail", () => {
  function throttled() {
    const broker = new MemoryBroker({ authenticator: bobOnly });
    const { context, clock } = broker;
    const settings = { after: 2, delayMs: 250, maxDelayMs: 5000 };
    context.failedLogins = new FailedLogins(clock, settings);
    return broker;
  }
  const wrong = 'CONNECT {"verbose":false,"user":"bob","pass":"wr0ng"}\r\n';

  test("has to wait, also with the right password, and what follows waits in order", () => {
    const broker = throttled();
    for (let i = 0; i < 2; i++) {
      expect(broker.accept().send(wrong).read()).toBe("-ERR 'Authorization Violation'\r\n");
    }
    const peer = broker.accept().send(`CONNECT ${JSON.stringify(BOB)}\r\nPING\r\n`);
    broker.clock.advance(249);
    expect(peer.read()).toBe("");
    broker.clock.advance(1);
    expect(peer.read()).toBe("PONG\r\n");
  });

  test("no longer waits once a log-in has succeeded", () => {
    const broker = throttled();
    for (let i = 0; i < 2; i++) broker.accept().send(wrong);
    broker.accept().send(`CONNECT ${JSON.stringify(BOB)}\r\n`);
    broker.clock.advance(250);
    expect(broker.accept().send(wrong).read()).toBe("-ERR 'Authorization Violation'\r\n");
  });
});
