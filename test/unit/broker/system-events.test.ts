/**
 * Events of the system account: what is told when, field by field, and that nothing is made which
 * nobody listens to. The expected texts are a reference server's, with midge's facts.
 */
import { describe, expect, test } from "bun:test";
import { OpenAccess } from "../../../src/auth/open-access.ts";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { AUTH_ERROR_SUBJECT } from "../../../src/broker/connection-events.ts";
import type { ServerFacts } from "../../../src/broker/server-info.ts";
import { SystemEvents } from "../../../src/broker/system-events.ts";
import { EventListener, eventHost } from "../../support/event-listener.ts";
import { MemoryBroker, QUIET } from "../../support/memory-broker.ts";

const ID = `N${"A".repeat(55)}`;
const SERVER =
  `{"name":"test","host":"0.0.0.0","id":"${ID}","ver":"2.14.0",` +
  `"feature_flags":{"js_ack_fc_v2":false,"js_raft_delete_range":false},` +
  `"jetstream":false,"flags":0,"seq":SEQ,"time":"TIME"}`;
const NO_TRAFFIC = '{"msgs":0,"bytes":0}';
const LINKS = `"gateways":${NO_TRAFFIC},"routes":${NO_TRAFFIC},"leafs":${NO_TRAFFIC}`;

/** A broker whose clients are all in account A, and its events. */
function setUp(subjects = ["$SYS.>"], facts: Partial<ServerFacts> = {}) {
  const memory = new MemoryBroker({
    authenticator: (broker) => new OpenAccess(broker.addAccount("A")),
  });
  const host = eventHost(memory, facts);
  let mayBeHeard = true;
  const events = new SystemEvents(host, () => mayBeHeard);
  const listener = new EventListener(host, subjects);
  return {
    memory,
    host,
    events,
    listener,
    account: memory.broker.account("A")!,
    stopListening: () => (mayBeHeard = false),
    /** What has arrived when the turn is over. */
    heard() {
      memory.clock.advance(0);
      return listener.heard.splice(0);
    },
    subjects() {
      memory.clock.advance(0);
      return listener.subjects();
    },
  };
}

/** What differs from event to event, as words. */
function masked(text: string): string {
  return text
    .replace(/"id":"[0-9A-Za-z]{22}"/, '"id":"NUID"')
    .replace(/"seq":\d+,"time":"[^"]*"/, '"seq":SEQ,"time":"TIME"');
}

describe("connections", () => {
  test("that log in are told with what they say of themselves", () => {
    const { memory, events, heard } = setUp();
    const { client } = memory.connect({ ...QUIET, name: "app <x>", lang: "go", version: "1.2" });
    memory.clock.advance(20);
    events.onConnect(client);
    const [event, ...others] = heard();
    expect(others).toEqual([]);
    expect(event!.subject).toBe("$SYS.ACCOUNT.A.CONNECT");
    expect(masked(event!.text)).toBe(
      `{"type":"io.nats.server.advisory.v1.client_connect","id":"NUID",` +
        `"timestamp":"2026-01-02T03:04:05.02Z","server":${SERVER},` +
        `"client":{"start":"2026-01-02T03:04:05Z","host":"127.0.0.1","id":${client.cid},` +
        `"acc":"A","name":"app \\u003cx\\u003e","lang":"go","ver":"1.2","name_tag":"A",` +
        `"kind":"Client","client_type":"nats"}}`,
    );
  });

  test("that go are told with their traffic from their side, and why", () => {
    const { memory, events, heard } = setUp();
    const peer = memory.connect().send("SUB a 1\r\nPUB a 5\r\nhello\r\nPUB b 1\r\n.\r\n");
    peer.client.keepAlive.rttMs = 0.412_9;
    memory.clock.advance(1500);
    events.onDisconnect(peer.client, closeReasons.staleConnection);
    const event = heard().at(-1)!;
    expect(event.subject).toBe("$SYS.ACCOUNT.A.DISCONNECT");
    expect(masked(event.text)).toBe(
      `{"type":"io.nats.server.advisory.v1.client_disconnect","id":"NUID",` +
        `"timestamp":"2026-01-02T03:04:06.5Z","server":${SERVER},` +
        `"client":{"start":"2026-01-02T03:04:05Z","host":"127.0.0.1","id":${peer.client.cid},` +
        `"acc":"A","rtt":412000,"stop":"2026-01-02T03:04:06.5Z","name_tag":"A",` +
        `"kind":"Client","client_type":"nats"},` +
        `"sent":{"msgs":2,"bytes":6},"received":{"msgs":1,"bytes":5},` +
        `"reason":"Stale Connection"}`,
    );
  });

  test("are told as they were when it happened", () => {
    const { memory, events, heard } = setUp();
    const peer = memory.connect().send("PUB a 5\r\nhello\r\n");
    events.onDisconnect(peer.client, closeReasons.clientClosed);
    peer.send("PUB a 5\r\nlater\r\n");
    expect(heard()[0]!.body["sent"]).toEqual({ msgs: 1, bytes: 5 });
  });

  test("of all kinds have ids that differ and numbers that count up", () => {
    const { memory, events, account, heard } = setUp();
    const { client } = memory.connect();
    events.onConnectionCount(account);
    events.onConnect(client);
    events.onDisconnect(client, closeReasons.clientClosed);
    const all = heard().map(({ body }) => body as { id: string; server: { seq: number } });
    expect(all.map(({ server }) => server.seq)).toEqual([1, 2, 3, 4]);
    // The two subjects of the count have the same event.
    expect(new Set(all.map(({ id }) => id)).size).toBe(3);
    expect(all[0]!.id).toBe(all[1]!.id);
  });
});

describe("a refused log-in", () => {
  test("is told to the system account and to the account that refused", () => {
    const { memory, host, events, heard } = setUp();
    const { globalAccount } = memory.broker;
    const inAccount = new EventListener(host, [AUTH_ERROR_SUBJECT], globalAccount);
    const { client } = memory.accept();
    events.onAuthenticationError(client, closeReasons.authenticationViolation, globalAccount);
    const [event, ...others] = heard();
    expect(others).toEqual([]);
    expect(event!.subject).toBe(`$SYS.SERVER.${ID}.CLIENT.AUTH.ERR`);
    expect(masked(event!.text)).toBe(
      `{"type":"io.nats.server.advisory.v1.client_disconnect","id":"NUID",` +
        `"timestamp":"2026-01-02T03:04:05Z","server":${SERVER},` +
        `"client":{"start":"2026-01-02T03:04:05Z","host":"127.0.0.1","id":${client.cid},` +
        `"acc":"$G","stop":"2026-01-02T03:04:05Z","name_tag":"$G",` +
        `"kind":"Client","client_type":"nats"},` +
        `"sent":${NO_TRAFFIC},"received":${NO_TRAFFIC},"reason":"Authentication Failure"}`,
    );
    expect(masked(inAccount.heard[0]!.text)).toBe(masked(event!.text));
    expect(inAccount.heard[0]!.text).not.toBe(event!.text);
  });

  test("names the account that judged, where it is another one", () => {
    const { memory, host, events, account } = setUp([]);
    const inAccount = new EventListener(host, [AUTH_ERROR_SUBJECT], account);
    const { client } = memory.accept();
    events.onAuthenticationError(client, closeReasons.authenticationViolation, account);
    memory.clock.advance(0);
    const [event] = inAccount.heard;
    expect(event!.body["client"]).toMatchObject({ acc: "A", name_tag: "$G" });
  });

  test("that nobody judged stays in the system account", () => {
    const { memory, host, events, heard } = setUp();
    const inAccount = new EventListener(host, [">"], memory.broker.globalAccount);
    const { client } = memory.accept();
    events.onAuthenticationError(client, closeReasons.authenticationViolation, undefined);
    expect(heard()).toHaveLength(1);
    expect(inAccount.heard).toEqual([]);
  });
});

describe("certificates of clients", () => {
  const link = { subject: "CN=authority", issuer: "CN=root", fingerprint: "bGluaw==", raw: "AA==" };
  const peer = { subject: "CN=a", issuer: "CN=authority", fingerprint: "cGVlcg==", raw: "AQ==" };
  const texts = (one: object) => JSON.stringify(one);

  test("that are not good are told with who brought them", () => {
    const { events, heard } = setUp();
    events.onInvalidLink(link, peer, "Invalid OCSP response status: revoked");
    events.onPeerRejected(peer, "client not OCSP valid");
    const [invalid, rejected] = heard();
    expect([invalid!.subject, rejected!.subject]).toEqual([
      `$SYS.SERVER.${ID}.OCSP.PEER.LINK.INVALID`,
      `$SYS.SERVER.${ID}.OCSP.PEER.CONN.REJECT`,
    ]);
    const head = (type: string) =>
      `{"type":"io.nats.server.advisory.v1.${type}","id":"NUID","timestamp":"${invalid!.body["timestamp"]}"`;
    const end = (reason: string) => `"reason":"${reason}"}`;
    const server = /"server":\{.*?"TIME"\}/.exec(masked(invalid!.text))![0];
    expect(masked(invalid!.text)).toBe(
      `${head("ocsp_peer_link_invalid")},"link":${texts(link)},"peer":${texts(peer)},${server},` +
        end("Invalid OCSP response status: revoked"),
    );
    expect(masked(rejected!.text)).toBe(
      `${head("ocsp_peer_reject")},"kind":"Client","peer":${texts(peer)},${server},` +
        end("client not OCSP valid"),
    );
  });

  test("are nobody's business who does not listen", () => {
    const { events, heard } = setUp(["$SYS.SERVER.*.OCSP.PEER.CONN.>"]);
    events.onInvalidLink(link, peer, "reason");
    events.onPeerRejected(peer, "reason");
    expect(heard()).toHaveLength(1);
  });
});

describe("an account's connections", () => {
  test("are counted on both subjects after each change", () => {
    const { memory, events, account, heard } = setUp();
    memory.connect().send("SUB a 1\r\nPUB a 5\r\nhello\r\nPUB b 1\r\n.\r\n");
    events.onConnectionCount(account);
    const all = heard();
    expect(all.map(({ subject }) => subject)).toEqual([
      "$SYS.SERVER.ACCOUNT.A.CONNS",
      "$SYS.ACCOUNT.A.SERVER.CONNS",
    ]);
    for (const { text } of all) {
      expect(masked(text)).toBe(
        `{"type":"io.nats.server.advisory.v1.account_connections","id":"NUID",` +
          `"timestamp":"2026-01-02T03:04:05Z","server":${SERVER},` +
          `"acc":"A","name":"A","conns":1,"leafnodes":0,"total_conns":1,"num_subscriptions":1,` +
          `"sent":{"msgs":1,"bytes":5,${LINKS}},"received":{"msgs":2,"bytes":6,${LINKS}},` +
          `"slow_consumers":0}`,
      );
    }
  });

  test("are each told, not only the last", () => {
    const { memory, events, account, heard } = setUp(["$SYS.ACCOUNT.*.SERVER.CONNS"]);
    for (let i = 0; i < 3; i++) {
      memory.connect();
      events.onConnectionCount(account);
    }
    expect(heard().map(({ body }) => body["conns"])).toEqual([1, 2, 3]);
  });

  test("are not told of the global account", () => {
    const { memory, events, subjects } = setUp();
    memory.accept();
    events.onConnectionCount(memory.broker.globalAccount);
    expect(subjects()).toEqual([]);
    memory.clock.advance(60_000);
    expect(subjects().filter((subject) => subject.includes("CONNS"))).toEqual([]);
  });

  test("are told again every 30 s after the last time, while there are any", () => {
    const { memory, events, account, listener } = setUp(["$SYS.ACCOUNT.*.SERVER.CONNS"]);
    const { clock } = memory;
    const { client } = memory.connect();
    events.onConnectionCount(account);
    clock.advance(10_000);
    events.onConnectionCount(account);
    clock.advance(0);
    expect(listener.subjects()).toHaveLength(2);
    clock.advance(29_999);
    expect(listener.subjects()).toEqual([]);
    clock.advance(1);
    expect(listener.subjects()).toHaveLength(1);
    clock.advance(60_000);
    expect(listener.subjects()).toHaveLength(2);
    client.close(closeReasons.clientClosed);
    events.onConnectionCount(account);
    clock.advance(0);
    expect(listener.heard.splice(0).map(({ body }) => body["conns"])).toEqual([0]);
    clock.advance(120_000);
    expect(listener.subjects()).toEqual([]);
  });

  test("that were there before anybody listened are told after 30 s", () => {
    const memory = new MemoryBroker({
      authenticator: (broker) => new OpenAccess(broker.addAccount("A")),
    });
    memory.connect();
    const host = eventHost(memory);
    new SystemEvents(host, () => true);
    const listener = new EventListener(host, ["$SYS.ACCOUNT.A.SERVER.CONNS"]);
    memory.clock.advance(30_000);
    memory.clock.advance(0);
    expect(listener.subjects()).toHaveLength(1);
  });

  test("of an account with a name in UTF-8 are told on a subject in UTF-8", () => {
    const { memory, events, subjects } = setUp();
    events.onConnectionCount(memory.broker.addAccount("Zoë"));
    expect(subjects()[1]).toBe("$SYS.ACCOUNT.Zo\xc3\xab.SERVER.CONNS");
  });
});

describe("the server's statistics", () => {
  const STATSZ = `$SYS.SERVER.${ID}.STATSZ`;

  test("have the reference's fields", () => {
    const { memory, heard } = setUp();
    memory.connect().send("SUB a 1\r\nPUB a 5\r\nhello\r\nPUB b 1\r\n.\r\n");
    memory.clock.advance(250);
    const [event] = heard();
    expect(event!.subject).toBe(STATSZ);
    expect(masked(event!.text)).toBe(
      `{"server":${SERVER},"statsz":{"start":"2026-01-02T03:04:05Z","mem":50000000,"cores":4,` +
        `"cpu":1.5,"connections":1,"total_connections":1,"active_accounts":1,"subscriptions":2,` +
        `"sent":{"msgs":1,"bytes":5},"sent_to_clients":{"msgs":1,"bytes":5},` +
        `"received":{"msgs":2,"bytes":6},"received_from_clients":{"msgs":2,"bytes":6},` +
        `"slow_consumers":0,"active_servers":1,"gomaxprocs":4}}`,
    );
  });

  test("tell of slow, stale and stalled clients if there were any", () => {
    const { memory, heard } = setUp();
    Object.assign(memory.broker.counters, {
      slowConsumers: 2,
      staleConnections: 3,
      stalledProducers: 4,
    });
    memory.clock.advance(250);
    expect(heard()[0]!.text).toContain(
      `"slow_consumers":2,` +
        `"slow_consumer_stats":{"clients":2,"routes":0,"gateways":0,"leafs":0},` +
        `"stale_connections":3,` +
        `"stale_connection_stats":{"clients":3,"routes":0,"gateways":0,"leafs":0},` +
        `"stalled_clients":4,"active_servers":1`,
    );
  });

  test("are told at once to who asks, and then not before another interval", () => {
    const { memory, events, subjects } = setUp();
    memory.clock.advance(3000);
    subjects();
    events.broadcastStatistics();
    expect(subjects()).toEqual([STATSZ]);
    // Due after 3250 ms, but no sooner than a second after the last time.
    memory.clock.advance(999);
    expect(subjects()).toEqual([]);
    memory.clock.advance(1);
    expect(subjects()).toEqual([STATSZ]);
  });
});

describe("the end of the server", () => {
  test("is told with what is known of the server, tags and sorted metadata included", () => {
    const facts = { tags: ["b", "a"], metadata: { z: "1", a: "<2>" } };
    const { events, listener } = setUp(["$SYS.>"], facts);
    events.announceShutdown();
    const [event] = listener.heard;
    expect(event!.subject).toBe(`$SYS.SERVER.${ID}.SHUTDOWN`);
    expect(event!.text).toBe(
      `{"name":"test","host":"0.0.0.0","id":"${ID}","ver":"2.14.0","tags":["b","a"],` +
        `"metadata":{"a":"\\u003c2\\u003e","z":"1"},` +
        `"feature_flags":{"js_ack_fc_v2":false,"js_raft_delete_range":false},` +
        `"jetstream":false,"flags":0,"seq":1,"time":"2026-01-02T03:04:05Z"}`,
    );
  });

  test("comes after what happened before, and nothing comes after it", () => {
    const { memory, events, account, listener } = setUp();
    const { client } = memory.connect();
    events.onConnect(client);
    events.announceShutdown();
    expect(listener.subjects()).toEqual(["$SYS.ACCOUNT.A.CONNECT", `$SYS.SERVER.${ID}.SHUTDOWN`]);
    events.onDisconnect(client, closeReasons.serverShutdown);
    events.onConnectionCount(account);
    events.onAuthenticationError(client, closeReasons.authenticationViolation, account);
    events.broadcastStatistics();
    events.announceShutdown();
    memory.clock.advance(60_000);
    expect(listener.subjects()).toEqual([]);
  });

  test("leaves no timer", () => {
    const memory = new MemoryBroker();
    const before = memory.clock.timerCount;
    const host = eventHost(memory);
    const events = new SystemEvents(host, () => true);
    host.systemAccount.connections = 1;
    events.onConnectionCount(host.systemAccount);
    expect(memory.clock.timerCount).toBe(before + 2);
    events.stop();
    expect(memory.clock.timerCount).toBe(before);
  });

  test("is not told where lame duck mode came before", () => {
    const { events, listener } = setUp();
    events.announceLameDuck();
    events.announceShutdown();
    expect(listener.subjects()).toEqual([`$SYS.SERVER.${ID}.LAMEDUCK`]);
  });
});

describe("what nobody listens to", () => {
  test("is not made", () => {
    const { memory, events, account, listener } = setUp(["$SYS.ACCOUNT.B.>", "$SYS.REQ.>"]);
    const { client } = memory.connect();
    let asked = 0;
    const connection = {
      account,
      inMessages: 0,
      inBytes: 0,
      outMessages: 0,
      outBytes: 0,
      get facts() {
        asked++;
        return client.facts;
      },
    };
    events.onConnect(connection);
    events.onDisconnect(connection, closeReasons.clientClosed);
    events.onAuthenticationError(connection, closeReasons.authenticationViolation, account);
    events.onConnectionCount(account);
    memory.clock.advance(60_000);
    expect(asked).toBe(0);
    expect(events.serverInfo.next().seq).toBe(1);
    expect(listener.heard).toEqual([]);
  });

  test("counts no more once it is known that nobody can listen", () => {
    const { events, account, subjects, stopListening } = setUp();
    stopListening();
    events.onConnectionCount(account);
    expect(subjects()).toEqual([]);
  });
});

describe("publishing", () => {
  test("happens in a turn of its own, not while deliveries go on", () => {
    const { memory, events, listener } = setUp();
    events.onConnect(memory.connect().client);
    expect(listener.heard).toEqual([]);
    memory.clock.advance(0);
    expect(listener.subjects()).toHaveLength(1);
  });

  test("reaches clients without anybody else ending the turn", () => {
    const memory = new MemoryBroker({
      authenticator: ({ systemAccount }) => new OpenAccess(systemAccount!),
    });
    const events = new SystemEvents(eventHost(memory), () => true);
    const peer = memory.connect().send("SUB $SYS.> 1\r\n");
    events.onConnect(memory.connect().client);
    expect(peer.read()).toBe("");
    memory.clock.advance(0);
    expect(peer.read()).toStartWith("MSG $SYS.ACCOUNT.$SYS.CONNECT 1 ");
  });

  test("goes on after a bug, which is logged", () => {
    const { memory, events, subjects } = setUp();
    const { client } = memory.connect();
    const facts = { ...client.facts, startMs: NaN };
    events.onConnect({ ...client, account: client.account, facts });
    events.onConnect(client);
    expect(subjects()).toEqual(["$SYS.ACCOUNT.A.CONNECT"]);
    expect(memory.logged("Internal error while publishing system events")).toHaveLength(1);
  });

  test("takes a connection id only when there is something to publish", () => {
    const { memory, events, heard } = setUp();
    const first = memory.connect().client;
    const second = memory.connect().client;
    expect(second.cid).toBe(first.cid + 1);
    events.onConnect(second);
    heard();
    expect(memory.connect().client.cid).toBe(second.cid + 2);
  });
});
