/**
 * Events are loaded when somebody listens, and cost nothing before: who counts as a listener, and
 * that nothing is lost while they are being loaded.
 */
import { describe, expect, test } from "bun:test";
import { OpenAccess } from "../../../src/auth/open-access.ts";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { AUTH_ERROR_SUBJECT } from "../../../src/broker/connection-events.ts";
import { EventsOnDemand } from "../../../src/broker/events-on-demand.ts";
import { EventListener, eventHost } from "../../support/event-listener.ts";
import { MemoryBroker } from "../../support/memory-broker.ts";

const certificate = { subject: "CN=a", issuer: "CN=b", fingerprint: "", raw: "" };

/** A broker whose clients are all in account A. */
function setUp() {
  const memory = new MemoryBroker({
    authenticator: (broker) => new OpenAccess(broker.addAccount("A")),
  });
  const host = eventHost(memory);
  const events = new EventsOnDemand(host);
  return {
    memory,
    host,
    events,
    account: memory.broker.account("A")!,
    listenTo: (...subjects: string[]) => new EventListener(host, subjects),
    /** When everything is loaded and published. */
    async settled() {
      await events.load();
      memory.clock.advance(0);
    },
  };
}

describe("events are loaded", () => {
  for (const subject of [">", "$SYS.>", "*.ACCOUNT.A.CONNECT", "$SYS.SERVER.*.STATSZ"]) {
    test(`when somebody subscribes to ${subject} in the system account`, () => {
      const { events, listenTo } = setUp();
      expect(events.isLoaded).toBe(false);
      listenTo(subject);
      expect(events.isLoaded).toBe(true);
    });
  }

  test("for who was there first", () => {
    const host = eventHost(new MemoryBroker());
    new EventListener(host, ["$SYS.ACCOUNT.>"]);
    expect(new EventsOnDemand(host).isLoaded).toBe(true);
  });

  test("not for requests, inboxes and other accounts", () => {
    const { memory, host, events, listenTo } = setUp();
    listenTo("$SYS.REQ.>", "$SYS.REQ.SERVER.PING", "_INBOX.x.*", "foo");
    new EventListener(host, [">"], memory.broker.globalAccount);
    expect(events.isLoaded).toBe(false);
  });

  test("for an account that listens to failed log-ins, with the first of them", async () => {
    const { memory, host, events, account, settled } = setUp();
    const { client } = memory.connect();
    const refuse = () =>
      events.onAuthenticationError(client, closeReasons.authenticationViolation, account);
    refuse();
    expect(events.isLoaded).toBe(false);
    const listener = new EventListener(host, [AUTH_ERROR_SUBJECT], account);
    refuse();
    expect(events.isLoaded).toBe(true);
    await settled();
    expect(listener.subjects()).toEqual([AUTH_ERROR_SUBJECT]);
  });
});

describe("what happens to connections", () => {
  test("while events are being loaded is told afterwards, in order", async () => {
    const { memory, events, account, listenTo, settled } = setUp();
    const listener = listenTo("$SYS.ACCOUNT.>", "$SYS.SERVER.*.CLIENT.>", "$SYS.SERVER.*.OCSP.>");
    const { client } = memory.connect();
    events.onConnectionCount(account);
    events.onConnect(client);
    events.onAuthenticationError(client, closeReasons.authenticationViolation, undefined);
    events.onDisconnect(client, closeReasons.authenticationViolation);
    events.onInvalidLink(certificate, certificate, "reason");
    events.onPeerRejected(certificate, "reason");
    expect(listener.subjects()).toEqual([]);
    await settled();
    expect(listener.subjects()).toEqual([
      "$SYS.ACCOUNT.A.SERVER.CONNS",
      "$SYS.ACCOUNT.A.CONNECT",
      expect.stringMatching(/^\$SYS\.SERVER\.N[A-Z]+\.CLIENT\.AUTH\.ERR$/),
      "$SYS.ACCOUNT.A.DISCONNECT",
      expect.stringMatching(/OCSP\.PEER\.LINK\.INVALID$/),
      expect.stringMatching(/OCSP\.PEER\.CONN\.REJECT$/),
    ]);
  });

  test("is told when they are loaded", async () => {
    const { memory, events, listenTo, settled } = setUp();
    const listener = listenTo("$SYS.ACCOUNT.*.CONNECT");
    await settled();
    events.onConnect(memory.connect().client);
    memory.clock.advance(0);
    expect(listener.subjects()).toEqual(["$SYS.ACCOUNT.A.CONNECT"]);
  });

  test("is not looked at while nobody listens, before or after", async () => {
    const { memory, events, listenTo, settled } = setUp();
    const { client } = memory.connect();
    const connection = {
      get account(): never {
        throw new Error("nobody should ask");
      },
      facts: client.facts,
      inMessages: 0,
      inBytes: 0,
      outMessages: 0,
      outBytes: 0,
    };
    const happen = () => {
      events.onConnect(connection);
      events.onDisconnect(connection, closeReasons.clientClosed);
      events.onAuthenticationError(connection, closeReasons.authenticationViolation, undefined);
    };
    happen();
    const listener = listenTo("$SYS.>");
    await settled();
    listener.stop();
    happen();
    expect(memory.logged("Internal error")).toEqual([]);
  });
});

describe("the end of the server", () => {
  test("is told where events are loaded", async () => {
    const { events, listenTo, settled } = setUp();
    const listener = listenTo("$SYS.SERVER.*.SHUTDOWN");
    await settled();
    events.announceShutdown();
    expect(listener.subjects()).toHaveLength(1);
    expect(await events.load()).toBeUndefined();
  });

  test("in lame duck mode is told once, and nothing after it", async () => {
    const { memory, events, listenTo, settled } = setUp();
    const listener = listenTo("$SYS.>");
    const { client } = memory.connect();
    await settled();
    events.announceLameDuck();
    events.onDisconnect(client, closeReasons.serverShutdown);
    events.announceShutdown();
    memory.clock.advance(60_000);
    expect(listener.subjects()).toEqual([expect.stringContaining(".LAMEDUCK")]);
  });

  test("loads nothing, and gives up what is being loaded", async () => {
    const unheard = setUp();
    unheard.events.announceShutdown();
    expect(unheard.events.isLoaded).toBe(false);
    const early = setUp();
    const listener = early.listenTo("$SYS.>");
    early.events.onConnect(early.memory.connect().client);
    early.events.stop();
    expect(await early.events.load()).toBeUndefined();
    early.memory.clock.advance(60_000);
    expect(listener.subjects()).toEqual([]);
  });
});
