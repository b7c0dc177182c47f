/**
 * Services of other accounts, in memory: when a request is over, who may ask and answer, large
 * messages, and what cannot be told from a conversation. E exports, I imports.
 */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { InternalClient } from "../../../src/broker/internal-client.ts";
import { PendingResponses } from "../../../src/broker/pending-responses.ts";
import {
  AccountBroker,
  payloads,
  pub,
  received,
  receivedOne,
  wireText,
} from "../../support/account-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";

const MiB = 1024 * 1024;
const NO_RESPONDERS = { no_responders: true };

/** E exports `service` with these fields; I imports it under its own name. */
function withService(fields = ""): AccountBroker {
  return new AccountBroker(`accounts {
    E { exports: [ {service: "service"${fields}} ] }
    I { imports: [ {service: {account: E, subject: "service"}} ] }
  }`);
}

/** A responder and a requester that listens at `inbox`. */
function pairIn(accounts: AccountBroker, fields: object = {}): [MemoryPeer, MemoryPeer] {
  const responder = accounts.client("E").send("SUB service 1\r\n");
  const requester = accounts.client("I", { ...fields }).send("SUB inbox 1\r\n");
  return [responder, requester];
}

/** The reply subject of the request that the responder has got. */
function requestOf(responder: MemoryPeer): string {
  return receivedOne(responder).reply;
}

describe("a request waits", () => {
  test("until the response threshold is over, and is told nothing then", () => {
    const accounts = withService(', threshold: "3s"');
    const [responder, requester] = pairIn(accounts, NO_RESPONDERS);
    requester.send(pub("service", "hi", "inbox"));
    const reply = requestOf(responder);
    accounts.clock.advance(2999);
    expect(accounts.pendingCount).toBe(1);
    accounts.clock.advance(1);
    expect(accounts.pendingCount).toBe(0);
    responder.send(pub(reply, "late"));
    expect(received(requester)).toEqual([]);
    expect(received(responder)).toEqual([]);
  });

  test("for two minutes where nothing else is said", () => {
    const accounts = withService();
    const [responder, requester] = pairIn(accounts);
    requester.send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    accounts.clock.advance(119_999);
    responder.send(pub(reply, "in time"));
    expect(payloads(requester)).toEqual(["in time"]);
  });

  test("for each answer of a stream as long again", () => {
    const accounts = withService(', response: stream, threshold: "1s"');
    const [responder, requester] = pairIn(accounts);
    requester.send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    for (let i = 0; i < 10; i++) {
      accounts.clock.advance(900);
      responder.send(pub(reply, String(i)));
    }
    expect(payloads(requester)).toHaveLength(10);
    accounts.clock.advance(1200);
    expect(accounts.pendingCount).toBe(0);
    responder.send(pub(reply, "late"));
    expect(received(requester)).toEqual([]);
  });

  test("not at all without a responder, or where nobody wants the answer", () => {
    const accounts = withService();
    const requester = accounts.client("I").send(pub("service", "", "inbox").repeat(10));
    expect(accounts.pendingCount).toBe(0);
    accounts.client("E").send("SUB service 1\r\n");
    requester.send(pub("service", "").repeat(10));
    expect(accounts.pendingCount).toBe(0);
  });
});

describe("a request is over with", () => {
  test("the only answer of a single response", () => {
    const accounts = withService();
    const [responder, requester] = pairIn(accounts);
    requester.send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    responder.send(pub(reply, "1") + pub(reply, "2"));
    expect(payloads(requester)).toEqual(["1"]);
    expect(accounts.pendingCount).toBe(0);
  });

  test("the empty answer of a stream, which arrives", () => {
    for (const type of ["stream", "chunked"]) {
      const accounts = withService(`, response: ${type}`);
      const [responder, requester] = pairIn(accounts);
      requester.send(pub("service", "", "inbox"));
      const reply = requestOf(responder);
      responder.send(pub(reply, "1") + pub(reply, "2") + pub(reply) + pub(reply, "3"));
      expect(payloads(requester)).toEqual(["1", "2", ""]);
      expect(accounts.pendingCount).toBe(0);
    }
  });

  test("an answer of a stream that nobody takes", () => {
    const accounts = withService(", response: stream");
    const [responder] = pairIn(accounts);
    accounts.client("I").send(pub("service", "", "elsewhere"));
    expect(accounts.pendingCount).toBe(1);
    responder.send(pub(requestOf(responder), "1"));
    expect(accounts.pendingCount).toBe(0);
  });

  test("the requester's last subscription to its reply subject", () => {
    const accounts = withService(", response: stream");
    const [, requester] = pairIn(accounts);
    requester.send("SUB *.* 2\r\nUNSUB 1\r\nSUB inbox.1 1\r\n");
    requester.send(pub("service", "", "inbox.1") + pub("service", "", "inbox.2"));
    expect(accounts.pendingCount).toBe(2);
    requester.send("UNSUB 2\r\n");
    expect(accounts.pendingCount).toBe(1);
    requester.send("UNSUB 1\r\n");
    expect(accounts.pendingCount).toBe(0);
  });

  test("the maximum of the requester's subscription", () => {
    const accounts = withService(", response: stream");
    const [responder, requester] = pairIn(accounts);
    requester.send("UNSUB 1 2\r\n").send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    responder.send(pub(reply, "1") + pub(reply, "2") + pub(reply, "3"));
    expect(payloads(requester)).toEqual(["1", "2"]);
    expect(accounts.pendingCount).toBe(0);
  });

  test("the requester's connection, but not with one that asked for somebody else", () => {
    const accounts = withService(", response: stream");
    const [responder, requester] = pairIn(accounts);
    const other = accounts.client("I").send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    other.client.close(closeReasons.clientClosed);
    responder.send(pub(reply, "for the first"));
    expect(payloads(requester)).toEqual(["for the first"]);
    requester.client.close(closeReasons.clientClosed);
    expect(accounts.pendingCount).toBe(0);
  });

  test("nothing when the responder goes: another one may answer", () => {
    const accounts = withService();
    const [responder, requester] = pairIn(accounts);
    requester.send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    responder.client.close(closeReasons.clientClosed);
    expect(accounts.pendingCount).toBe(1);
    accounts.client("E").send(pub(reply, "from another"));
    expect(payloads(requester)).toEqual(["from another"]);
  });
});

test("a request beyond the number that may wait finds no service", () => {
  const accounts = withService();
  const [responder, requester] = pairIn(accounts, NO_RESPONDERS);
  class Full extends PendingResponses {
    override open(): undefined {
      return undefined;
    }
  }
  accounts.account("E").responses = new Full(accounts.clock, accounts.broker.random);
  requester.send(pub("service", "hi", "inbox"));
  expect(received(responder)).toEqual([]);
  expect(receivedOne(requester).headers).toStartWith("NATS/1.0 503\r\n");
  requester.send(pub("service", "no answer wanted"));
  expect(payloads(responder)).toEqual(["no answer wanted"]);
});

describe("permissions", () => {
  const config = (requester: string, responder: string) => `accounts {
    E { users: [ {user: e, password: e, permissions: {${responder}}} ]
        exports: [ {service: "service.*"} ] }
    I { users: [ {user: i, password: i, permissions: {${requester}}} ]
        imports: [ {service: {account: E, subject: "service.*"}, to: "ask.*"} ] }
  }`;

  /** What the requester gets of a request to `ask.a` that the responder answers. */
  function outcome(requester: string, responder = ""): string {
    const accounts = new AccountBroker(config(requester, responder));
    const service = accounts.client("e").send("SUB service.* 1\r\n");
    const peer = accounts.client("i", NO_RESPONDERS).send("SUB inbox 1\r\n");
    peer.send(pub("ask.a", "?", "inbox"));
    for (const { reply } of received(service)) service.send(pub(reply, "yes"));
    const text = peer.read() + service.read().replace(/"_R_\.[^"]*"/, "its reply");
    return text.replaceAll("\r\n", " ").trim();
  }

  test("of the requester are about the local subject", () => {
    expect(outcome('publish: "ask.a"')).toBe("MSG inbox 1 3 yes");
    expect(outcome('publish: {deny: "service.>"}')).toBe("MSG inbox 1 3 yes");
    expect(outcome('publish: "service.>"')).toContain('Publish to "ask.a"');
    expect(outcome('publish: {deny: "ask.a"}')).toContain('Publish to "ask.a"');
  });

  test("of the requester need not allow the subject that the responder answers to", () => {
    expect(outcome('publish: "ask.*", subscribe: inbox')).toBe("MSG inbox 1 3 yes");
  });

  test("of the responder are about the subject of its account, and about answering", () => {
    expect(outcome("", 'subscribe: "service.*", publish: "_R_.>"')).toBe("MSG inbox 1 3 yes");
    expect(outcome("", "allow_responses: true")).toBe("MSG inbox 1 3 yes");
    expect(outcome("", 'subscribe: {deny: "service.a"}')).toContain("503");
    expect(outcome("", "publish: nothing")).toContain("Publish to its reply");
  });

  test("that change reach requests and answers on their way", () => {
    const accounts = new AccountBroker(config("", "allow_responses: true"));
    const responder = accounts.client("e").send("SUB service.* 1\r\n");
    const requester = accounts.client("i").send("SUB inbox 1\r\n");
    requester.send(pub("ask.a", "?", "inbox"));
    const reply = requestOf(responder);
    accounts.configure(config("publish: nothing", "publish: nothing"));
    responder.send(pub(reply, "no"));
    requester.send(pub("ask.a", "?", "inbox"));
    expect(responder.read()).toContain("-ERR 'Permissions Violation for Publish to");
    expect(requester.read()).toContain("-ERR 'Permissions Violation for Publish to");
    accounts.configure(config("", "allow_responses: true"));
    requester.send(pub("ask.a", "?", "inbox"));
    responder.send(pub(requestOf(responder), "yes"));
    expect(payloads(requester)).toEqual(["yes"]);
  });
});

test("lines with more blanks and zeros than need be pass as any others", () => {
  const accounts = withService();
  const [responder, requester] = pairIn(accounts);
  for (let i = 0; i < 3; i++) {
    requester.send("PUB  service \t inbox   0002 \r\nhi\r\n");
    const reply = requestOf(responder);
    responder.send(`HPUB   ${reply}   012 \t 0014 \r\nNATS/1.0\r\n\r\nok\r\n`);
    expect(receivedOne(requester)).toMatchObject({ headers: "NATS/1.0\r\n\r\n", payload: "ok" });
    requester.send("PUB\tservice\tinbox\t02\r\nhi\r\n");
    responder.send(`PUB \t${requestOf(responder)}  002 \r\nok\r\n`);
    expect(receivedOne(requester)).toMatchObject({ subject: "inbox", payload: "ok" });
  }
});

describe("subjects that are no ASCII", () => {
  test("are kept byte by byte, through transforms and mappings too", () => {
    const accounts = new AccountBroker(`accounts {
      E { exports: [ {service: "dienst.ü.*"} ], mappings: { "dienst.ü.*": "日本.$1" } }
      I { imports: [ {service: {account: E, subject: "dienst.ü.*"}, to: "frage.é.$1"} ] }
    }`);
    const responder = accounts.client("E").send(`SUB ${wireText("日本.*")} 1\r\n`);
    const inbox = wireText("ящик.ö");
    const requester = accounts.client("I").send(`SUB ${inbox} 1\r\n`);
    for (let i = 0; i < 3; i++) {
      requester.send(pub(wireText("frage.é.ß"), "hi", inbox));
      const { subject, reply } = receivedOne(responder);
      expect(subject).toBe(wireText("日本.ß"));
      responder.send(pub(reply, "there"));
      expect(receivedOne(requester)).toMatchObject({ subject: inbox, payload: "there" });
    }
  });

  test("in the name of an account are UTF-8 in the header", () => {
    const accounts = new AccountBroker(`accounts {
      "É" { exports: [ {service: "service"} ] }
      "Ï" { imports: [ {service: {account: "É", subject: "service"}} ] }
    }`);
    const responder = accounts.client("É").send("SUB service 1\r\n");
    accounts.client("Ï").send(pub("service", "hi"));
    expect(receivedOne(responder).headers).toContain(wireText('{"acc":"Ï"'));
  });
});

describe("large messages", () => {
  const BYTES = MiB - 200;
  const pattern = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("");
  const large = pattern.repeat(Math.ceil(BYTES / 256)).slice(0, BYTES);

  test("pass with every byte in both directions, and small ones between them", () => {
    const accounts = withService();
    const [responder, requester] = pairIn(accounts);
    for (const payload of ["small", large, "", large.slice(1), "x"]) {
      requester.send(pub("service", payload, "inbox"));
      const request = receivedOne(responder);
      expect(request.payload === payload).toBe(true);
      responder.send(pub(request.reply, payload));
      expect(receivedOne(requester).payload === payload).toBe(true);
      // A large chunk ends its turn.
      accounts.settle();
    }
    expect(accounts.pendingCount).toBe(0);
  });

  test("pass with their headers, cut into chunks at any place", () => {
    const accounts = withService();
    const [responder, requester] = pairIn(accounts);
    const headers = `NATS/1.0\r\nA: ${"h".repeat(5000)}\r\nB: 2\r\n\r\n`;
    const payload = large.slice(headers.length);
    const text = `HPUB service inbox ${headers.length} ${BYTES}\r\n${headers}${payload}\r\n`;
    for (let at = 0; at < text.length; at += 65_537) {
      requester.send(text.slice(at, at + 65_537));
      accounts.settle();
    }
    const request = receivedOne(responder);
    expect(request.payload === payload).toBe(true);
    expect(request.headers).toStartWith(headers.slice(0, -2));
    expect(request.headers).toContain("Nats-Request-Info: {");
  });
});

describe("services that the server itself offers or asks", () => {
  test("may answer while the request is on its way", () => {
    const accounts = withService(", response: stream");
    const { broker } = accounts;
    const service = new InternalClient(
      broker,
      accounts.account("E"),
      accounts.memory.context.logger,
    );
    service.subscribe("service", ({ reply, payload }) => {
      for (const part of [payload, "more", ""]) service.publish({ subject: reply, payload: part });
    });
    const requester = accounts.client("I").send("SUB inbox 1\r\n");
    requester.send(pub("service", "1", "inbox") + pub("service", "2", "inbox"));
    accounts.settle();
    expect(payloads(requester)).toEqual(["1", "more", "", "2", "more", ""]);
    expect(accounts.pendingCount).toBe(0);
  });

  test("are asked without saying who asks, with acknowledgements left as they are", () => {
    const accounts = withService();
    const responder = accounts.client("E").send("SUB service 1\r\n");
    const client = new InternalClient(
      accounts.broker,
      accounts.account("I"),
      accounts.memory.context.logger,
    );
    client.publish({ subject: "service", reply: "$JS.ACK.stream.1", payload: "hi" });
    accounts.settle();
    expect(receivedOne(responder)).toEqual({
      subject: "service",
      sid: "1",
      reply: "$JS.ACK.stream.1",
      headers: "",
      payload: "hi",
    });
    expect(accounts.pendingCount).toBe(0);
  });
});

describe("who takes a request", () => {
  test("is one member of each queue group of the service, and all others", () => {
    const accounts = withService();
    const members = [1, 2, 3].map(() => accounts.client("E").send("SUB service q 1\r\n"));
    const plain = accounts.client("E").send("SUB service 1\r\n");
    accounts.client("I").send(pub("service", "x").repeat(300));
    const shares = members.map((member) => received(member).length);
    expect(shares.reduce((sum, share) => sum + share)).toBe(300);
    for (const share of shares) expect(share).toBeGreaterThan(50);
    expect(received(plain)).toHaveLength(300);
  });

  test("changes with the next request when responders come and go", () => {
    const accounts = withService();
    const requester = accounts.client("I", NO_RESPONDERS).send("SUB inbox 1\r\n");
    const ask = () => requester.send(pub("service", "", "inbox").repeat(3));
    const isUnanswered = () => received(requester).length === 3;
    ask();
    expect(isUnanswered()).toBe(true);
    const responder = accounts.client("E").send("SUB service 1\r\n");
    ask();
    expect(received(responder)).toHaveLength(3);
    expect(isUnanswered()).toBe(false);
    responder.send("UNSUB 1\r\n");
    ask();
    expect(isUnanswered()).toBe(true);
  });
});

test("many requests and answers leave no subscription and no request behind", () => {
  const accounts = withService();
  const before = accounts.subscriptionCount;
  const [responder, requester] = pairIn(accounts);
  for (let i = 0; i < 500; i++) {
    requester.send(`SUB inbox.${i} x\r\nUNSUB x 1\r\n${pub("service", String(i), `inbox.${i}`)}`);
    responder.send(pub(requestOf(responder), `re ${i}`));
    expect(receivedOne(requester)).toMatchObject({ subject: `inbox.${i}`, payload: `re ${i}` });
  }
  expect(accounts.pendingCount).toBe(0);
  responder.client.close(closeReasons.clientClosed);
  requester.client.close(closeReasons.clientClosed);
  // One wildcard subscription takes the answers of all requests to come.
  expect(accounts.subscriptionCount).toBe(before + 1);
});
