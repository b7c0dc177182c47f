/**
 * Requests that go through several accounts, or would go round in circles, and mappings on their
 * way. E exports, I imports.
 */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import {
  AccountBroker,
  payloads,
  pub,
  received,
  receivedOne,
} from "../../support/account-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";

const NO_RESPONDERS = { no_responders: true };

/** A responder and a requester that listens at `inbox`. */
function pairIn(accounts: AccountBroker, fields: object = {}): [MemoryPeer, MemoryPeer] {
  const responder = accounts.client("E").send("SUB service 1\r\n");
  const requester = accounts.client("I", { ...fields }).send("SUB inbox 1\r\n");
  return [responder, requester];
}

describe("a chain of services", () => {
  const HOPS = 6;
  /** C0 exports; each Ci passes what it gets as `s<i+1>` on to the account before it. */
  const chain = Array.from({ length: HOPS }, (_, i) => {
    const imports =
      i === 0 ? "" : `{service: {account: C${i - 1}, subject: "s${i}"}, to: "s${i + 1}"}`;
    return `C${i} { exports: [ {service: "s${i + 1}", response: stream} ], imports: [ ${imports} ] }`;
  });
  const CHAIN = `accounts {\n${chain.join("\n")}\n}`;

  test("carries a request and its answers, and keeps nothing of it", () => {
    const accounts = new AccountBroker(CHAIN);
    const responder = accounts.client("C0").send("SUB s1 1\r\n");
    const requester = accounts.client(`C${HOPS - 1}`).send("SUB inbox 1\r\n");
    for (let round = 0; round < 3; round++) {
      requester.send(pub(`s${HOPS}`, "hi", "inbox"));
      const { headers, payload, reply } = receivedOne(responder);
      expect(payload).toBe("hi");
      expect(headers).toContain(`{"acc":"C${HOPS - 1}","svc":"C1"`);
      expect(headers.split("Nats-Request-Info")).toHaveLength(2);
      responder.send(pub(reply, "1") + pub(reply, "2") + pub(reply));
      expect(payloads(requester)).toEqual(["1", "2", ""]);
      expect(accounts.pendingCount).toBe(0);
    }
  });

  test("forgets a request in all of its accounts when the requester has gone", () => {
    const accounts = new AccountBroker(CHAIN);
    const responder = accounts.client("C0").send("SUB s1 1\r\n");
    const requester = accounts.client(`C${HOPS - 1}`).send("SUB inbox 1\r\n");
    requester.send(pub(`s${HOPS}`, "hi", "inbox"));
    expect(accounts.pendingCount).toBe(HOPS - 1);
    const { reply } = receivedOne(responder);
    requester.client.close(closeReasons.clientClosed);
    responder.send(pub(reply, "1") + pub(reply, "2"));
    accounts.clock.advance(120_000);
    expect(accounts.pendingCount).toBe(0);
  });

  test("keeps nothing of a request that nobody answers at its end", () => {
    const accounts = new AccountBroker(CHAIN);
    const requester = accounts.client(`C${HOPS - 1}`, NO_RESPONDERS).send("SUB inbox 1\r\n");
    requester.send(pub(`s${HOPS}`, "hi", "inbox"));
    expect(receivedOne(requester).headers).toStartWith("NATS/1.0 503");
    expect(accounts.pendingCount).toBe(0);
  });
});

describe("a request that would go round in circles", () => {
  test("by way of mappings comes to each service once", () => {
    const accounts = new AccountBroker(`accounts {
      A { exports: [ {service: "a"} ]
          imports: [ {service: {account: B, subject: "b"}, to: "to-b"} ]
          mappings: { a: "to-b" } }
      B { exports: [ {service: "b"} ]
          imports: [ {service: {account: A, subject: "a"}, to: "to-a"} ]
          mappings: { b: "to-a" } }
    }`);
    const inA = accounts.client("A").send("SUB > 1\r\n");
    const inB = accounts.client("B").send("SUB > 1\r\n");
    inA.send(pub("a", "round", "inbox"));
    const subjects = (peer: MemoryPeer) => received(peer).map(({ subject }) => subject);
    expect(subjects(inA)).toEqual(["to-b", "to-b"]);
    expect(subjects(inB)).toEqual(["to-a"]);
    for (let i = 0; i < 5; i++) inA.send(pub("a", "round", "inbox"));
    accounts.clock.advance(120_000);
    expect(accounts.pendingCount).toBe(0);
  });

  test("because its reply subject is a service again ends", () => {
    const accounts = new AccountBroker(`accounts {
      E { exports: [ {service: "one"}, {service: "two"} ] }
      I { imports: [
        {service: {account: E, subject: "one"}}
        {service: {account: E, subject: "two"}}
      ] }
    }`);
    const responder = accounts.client("E").send("SUB one 1\r\nSUB two 2\r\n");
    const requester = accounts.client("I");
    for (const reply of ["one", "two"]) {
      requester.send(pub("one", "ask", reply));
      responder.send(pub(receivedOne(responder).reply, "answer"));
      const again = received(responder);
      expect(again.map(({ subject, payload }) => [subject, payload])).toEqual(
        reply === "one" ? [] : [["two", "answer"]],
      );
    }
    expect(accounts.pendingCount).toBe(0);
  });
});

describe("mappings on the way of a request", () => {
  const MAPPED = `accounts {
    E { exports: [ {service: "svc.*.*"} ], mappings: { "svc.*.*": "v2.$2.$1" } }
    I { imports: [ {service: {account: E, subject: "svc.*.*"}, to: "ask.$2.$1"} ]
        mappings: { "old.*.*": "ask.$1.$2", "inbox.*": "box.$1" } }
  }`;

  test("apply where it is published, where it comes in and where the answer does", () => {
    const accounts = new AccountBroker(MAPPED);
    const responder = accounts.client("E").send("SUB > 1\r\n");
    const requester = accounts.client("I").send("SUB box.1 1\r\nSUB inbox.1 2\r\n");
    for (let round = 0; round < 3; round++) {
      requester.send(pub("old.a.b", "hi", "inbox.1"));
      const { subject, reply } = receivedOne(responder);
      expect(subject).toBe("v2.a.b");
      responder.send(pub(reply, "there"));
      received(responder);
      expect(receivedOne(requester)).toMatchObject({
        subject: "box.1",
        sid: "1",
        payload: "there",
      });
      expect(accounts.pendingCount).toBe(0);
    }
  });

  test("that drop it leave it without a responder", () => {
    const accounts = new AccountBroker(`accounts {
      E { exports: [ {service: "service"} ], mappings: { service: [ {dest: service, weight: 0} ] } }
      I { imports: [ {service: {account: E, subject: "service"}} ] }
    }`);
    const [responder, requester] = pairIn(accounts, NO_RESPONDERS);
    for (let i = 0; i < 3; i++) requester.send(pub("service", "hi", "inbox"));
    expect(received(responder)).toEqual([]);
    expect(received(requester).map(({ headers }) => headers.slice(0, 12))).toEqual(
      Array.from({ length: 3 }, () => "NATS/1.0 503"),
    );
    expect(accounts.pendingCount).toBe(0);
  });

  test("that change reach requests that have been made before", () => {
    const config = (mappings: string) => `accounts {
      E { exports: [ {service: "service"} ], mappings: { ${mappings} } }
      I { imports: [ {service: {account: E, subject: "service"}} ] }
    }`;
    const accounts = new AccountBroker(config(""));
    const [responder, requester] = pairIn(accounts);
    responder.send("SUB other 2\r\n");
    const ask = () => {
      for (let i = 0; i < 3; i++) requester.send(pub("service", "hi"));
      return received(responder).map(({ subject }) => subject);
    };
    expect(ask()).toEqual(["service", "service", "service"]);
    accounts.configure(config("service: other"));
    expect(ask()).toEqual(["other", "other", "other"]);
    accounts.configure(config(""));
    expect(ask()).toEqual(["service", "service", "service"]);
  });
});
