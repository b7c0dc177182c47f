/**
 * The server as a client of its own accounts: what handlers get, who receives what it publishes,
 * and that a mistake in a handler stays there.
 */
import { describe, expect, test } from "bun:test";
import { InternalClient, type InternalMessage } from "../../../src/broker/internal-client.ts";
import { AssertionError } from "../../../src/util/assert.ts";
import { Logger } from "../../../src/util/logger.ts";
import { defaultOptions } from "../../../src/config/options.ts";
import { MemoryBroker, type MemoryPeer, QUIET } from "../../support/memory-broker.ts";

const WITH_HEADERS = { ...QUIET, headers: true, no_responders: true };

function setUp() {
  const memory = new MemoryBroker();
  const { broker, clock, lines } = memory;
  const sink = { write: (line: string) => lines.push(line) };
  const logger = new Logger(defaultOptions(), { sink, colours: false, clock, pid: 1 });
  const clientIn = (account = broker.globalAccount) => new InternalClient(broker, account, logger);
  return { memory, broker, client: clientIn(), clientIn };
}

/** What the peer has got when the turn is over. */
function received(memory: MemoryBroker, peer: MemoryPeer): string {
  memory.context.flushQueue.flush();
  return peer.read();
}

function texts({ subject, reply, headers, payload }: InternalMessage): string[] {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  return [subject, reply, text(headers), text(payload)];
}

describe("publishing", () => {
  test("reaches subscribers of the account and says so", () => {
    const { memory, client } = setUp();
    const peer = memory.connect();
    expect(client.publish({ subject: "a.b", payload: "unheard" })).toBe(false);
    peer.send("SUB a.* 1\r\n");
    expect(client.publish({ subject: "a.b", payload: "hélló" })).toBe(true);
    expect(received(memory, peer)).toBe(
      `MSG a.b 1 7\r\n${Buffer.from("hélló").toString("latin1")}\r\n`,
    );
  });

  test("carries a reply subject, headers and bytes", () => {
    const { memory, client } = setUp();
    const peer = memory.connect(WITH_HEADERS).send("SUB a 1\r\n");
    const headers = Buffer.from("NATS/1.0\r\nK: v\r\n\r\n");
    client.publish({ subject: "a", reply: "r", headers, payload: new Uint8Array([0, 255]) });
    expect(received(memory, peer)).toBe("HMSG a 1 r 18 20\r\nNATS/1.0\r\nK: v\r\n\r\n\x00\xff\r\n");
  });

  test("keeps each byte of a subject", () => {
    const { memory, client } = setUp();
    const peer = memory.connect().send("SUB > 1\r\n");
    client.publish({ subject: "caf\xc3\xa9", payload: "" });
    expect(received(memory, peer)).toBe("MSG caf\xc3\xa9 1 0\r\n\r\n");
  });

  test("stays in its account", () => {
    const { memory, broker, clientIn } = setUp();
    const peer = memory.connect().send("SUB > 1\r\n");
    const other = clientIn(broker.addAccount("A"));
    expect(other.publish({ subject: "a", payload: "" })).toBe(false);
    expect(received(memory, peer)).toBe("");
  });

  test("does not reach the client itself, but another one in the same account", () => {
    const { client, clientIn } = setUp();
    const own: InternalMessage[] = [];
    const others: InternalMessage[] = [];
    client.subscribe("a", (message) => own.push(message));
    expect(client.publish({ subject: "a", payload: "x" })).toBe(false);
    clientIn().subscribe("a", (message) => others.push(message));
    expect(client.publish({ subject: "a", payload: "x" })).toBe(true);
    expect(own).toEqual([]);
    expect(others.map(texts)).toEqual([["a", "", "", "x"]]);
  });

  test("from a handler, to where the first publisher listens, reaches it", () => {
    const { client, clientIn } = setUp();
    const answers: string[][] = [];
    const service = clientIn();
    service.subscribe("ask", ({ reply }) => service.publish({ subject: reply, payload: "yes" }));
    client.subscribe("answer", (message) => answers.push(texts(message)));
    client.publish({ subject: "ask", reply: "answer", payload: "" });
    expect(answers).toEqual([["answer", "", "", "yes"]]);
  });
});

describe("subscribing", () => {
  test("hands over what clients publish, and who did", () => {
    const { memory, client } = setUp();
    const messages: InternalMessage[] = [];
    client.subscribe("a.>", (message) => messages.push(message));
    const peer = memory.connect(WITH_HEADERS);
    peer.send("PUB a.b r 2\r\nhi\r\nHPUB a.c 12 13\r\nNATS/1.0\r\n\r\n!\r\n");
    expect(messages.map(texts)).toEqual([
      ["a.b", "r", "", "hi"],
      ["a.c", "", "NATS/1.0\r\n\r\n", "!"],
    ]);
    expect(messages[0]!.origin?.facts.cid).toBe(peer.client.cid);
  });

  test("hands over copies", () => {
    const { memory, client } = setUp();
    const messages: InternalMessage[] = [];
    client.subscribe("a", (message) => messages.push(message));
    const chunk = new Uint8Array(Buffer.from("PUB a 5\r\nfirst\r\n"));
    const { client: publisher } = memory.connect();
    publisher.onBytes(chunk);
    chunk.fill(0x78);
    expect(messages.map(texts)).toEqual([["a", "", "", "first"]]);
  });

  test("counts as a responder", () => {
    const { memory, client } = setUp();
    const peer = memory.connect(WITH_HEADERS).send("SUB r 1\r\n");
    client.subscribe("ask", ({ reply }) => client.publish({ subject: reply, payload: "ok" }));
    expect(peer.send("PUB ask r 0\r\n\r\n").read()).toBe("MSG r 1 2\r\nok\r\n");
    expect(peer.send("PUB other r 0\r\n\r\n").read()).toContain("NATS/1.0 503");
  });

  test("with a queue name takes turns with other members", () => {
    const { client, clientIn } = setUp();
    let count = 0;
    const member = clientIn();
    for (let i = 0; i < 3; i++) member.subscribe("a", () => count++, "workers");
    for (let i = 0; i < 10; i++) client.publish({ subject: "a", payload: "" });
    expect(count).toBe(10);
  });

  test("ends with unsubscribe, and all of it with close", () => {
    const { broker, client, clientIn } = setUp();
    const before = broker.subscriptionCount;
    const subjects: string[] = [];
    const note = ({ subject }: InternalMessage) => subjects.push(subject);
    const first = client.subscribe("a", note);
    client.subscribe("b", note);
    client.subscribe("c", note);
    const publisher = clientIn();
    const publish = () => {
      for (const subject of ["a", "b", "c"]) publisher.publish({ subject, payload: "" });
    };
    client.unsubscribe(first);
    client.unsubscribe(first);
    publish();
    expect(subjects).toEqual(["b", "c"]);
    expect(client.subscriptionCount).toBe(2);
    client.close();
    publish();
    expect(subjects).toEqual(["b", "c"]);
    expect(broker.subscriptionCount).toBe(before);
  });

  test("to a subject that nothing can match is a mistake of ours", () => {
    const { client } = setUp();
    expect(() => client.subscribe("a..b", () => {})).toThrow(AssertionError);
  });
});

describe("a handler that throws", () => {
  test("is logged with its stack and disturbs neither publisher nor other receivers", () => {
    const { memory, client } = setUp();
    const seen: string[] = [];
    client.subscribe("a", () => {
      throw new Error("a bug");
    });
    client.subscribe("a", ({ subject }) => seen.push(subject));
    const peer = memory.connect().send("SUB a 1\r\n");
    peer.send("PUB a 2\r\nhi\r\nPING\r\n");
    expect(peer.read()).toBe("MSG a 1 2\r\nhi\r\nPONG\r\n");
    expect(seen).toEqual(["a"]);
    const [line] = memory.logged("Internal error");
    expect(line).toContain('handling a message to "a": Error: a bug');
    expect(line).toContain("internal-client.test.ts");
    expect(peer.client.isLive).toBe(true);
  });

  test("may have unsubscribed before", () => {
    const { memory, client, clientIn } = setUp();
    const subscription = client.subscribe("a", () => {
      client.unsubscribe(subscription);
      throw "not even an error";
    });
    clientIn().publish({ subject: "a", payload: "" });
    expect(memory.logged("not even an error")).toHaveLength(1);
    expect(client.subscriptionCount).toBe(0);
  });
});

test("each internal client has a connection id of its own", () => {
  const { memory, client, clientIn } = setUp();
  const peer = memory.accept();
  const other = clientIn();
  expect(peer.client.cid).toBe(client.cid + 1);
  expect(other.cid).toBe(client.cid + 2);
});
