/**
 * The accounts of a broker made what a configuration says, and made what another one says while
 * clients are there.
 */
import { describe, expect, test } from "bun:test";
import {
  AccountBroker,
  hasInterest,
  payloads,
  pub,
  received,
  receivedOne,
} from "../../support/account-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";

/** Accounts with these contents by name. */
function accountsOf(contents: Readonly<Record<string, string>>): string {
  const blocks = Object.entries(contents).map(([name, text]) => `${name} { ${text} }`);
  return `accounts {\n${blocks.join("\n")}\n}`;
}

const STREAM = accountsOf({
  E: 'exports: [ {stream: "foo.>"} ]',
  I: 'imports: [ {stream: {account: E, subject: "foo.>"}} ]',
});

const SERVICE = accountsOf({
  E: 'exports: [ {service: "service", response: stream} ]',
  I: 'imports: [ {service: {account: E, subject: "service"}} ]',
});

function names({ broker }: AccountBroker): string[] {
  return [...broker.accounts.keys()].toSorted();
}

/** The reply subject of the only request that the responder has got. */
function requestOf(responder: MemoryPeer): string {
  return receivedOne(responder).reply;
}

describe("accounts", () => {
  test("are those of the configuration, and those that are always there", () => {
    const accounts = new AccountBroker(accountsOf({ A: "", B: "" }));
    expect(names(accounts)).toEqual(["$G", "$SYS", "A", "B"]);
    accounts.configure(accountsOf({ B: "", C: "" }));
    expect(names(accounts)).toEqual(["$G", "$SYS", "B", "C"]);
    accounts.configure("debug: false");
    expect(names(accounts)).toEqual(["$G", "$SYS"]);
  });

  test("that stay are the same ones, with their subscriptions", () => {
    const accounts = new AccountBroker(accountsOf({ A: "", B: "" }));
    const peer = accounts.client("B").send("SUB foo 1\r\n");
    const account = accounts.account("B");
    accounts.configure(accountsOf({ B: "mappings: {a: b}", C: "" }));
    expect(accounts.account("B")).toBe(account);
    peer.send(pub("foo", "still here"));
    expect(payloads(peer)).toEqual(["still here"]);
  });

  test("that come back begin anew", () => {
    const accounts = new AccountBroker(STREAM);
    const account = accounts.account("I");
    accounts.configure(accountsOf({ E: "" }));
    accounts.configure(STREAM);
    expect(accounts.account("I")).not.toBe(account);
    expect(accounts.account("I").sublist.count).toBe(0);
  });

  test("have the limits that the configuration says now", () => {
    const accounts = new AccountBroker(accountsOf({ A: "limits: {max_payload: 5, max_subs: 1}" }));
    const { limits } = accounts.account("A");
    expect(limits).toMatchObject({ maxPayloadBytes: 5, maxSubscriptions: 1 });
    accounts.configure(accountsOf({ A: "" }));
    const peer = accounts.client("A").send("SUB a 1\r\nSUB b 2\r\n");
    peer.send(pub("a", "longer than five"));
    expect(payloads(peer)).toEqual(["longer than five"]);
  });

  test("may import from one that stands behind them, and each from several", () => {
    const accounts = new AccountBroker(
      accountsOf({
        I: `imports: [ {stream: {account: Y, subject: "y"}}, {service: {account: Z, subject: "z"}} ]`,
        Y: 'exports: [ {stream: "y"} ]',
        Z: 'exports: [ {service: "z"} ]',
      }),
    );
    const importer = accounts.client("I").send("SUB y 1\r\n");
    accounts.client("Y").send(pub("y", "stream"));
    expect(payloads(importer)).toEqual(["stream"]);
    const responder = accounts.client("Z").send("SUB z 1\r\n");
    importer.send(pub("z", "request"));
    expect(payloads(responder)).toEqual(["request"]);
  });
});

describe("a configuration that says the same again", () => {
  test("leaves plans, imports and requests as they are", () => {
    const accounts = new AccountBroker(SERVICE);
    const responder = accounts.client("E").send("SUB service 1\r\n");
    const requester = accounts.client("I").send("SUB inbox 1\r\n");
    requester.send(pub("service", "1", "inbox").repeat(3));
    const { published } = requester.client.plans;
    expect(published.count).toBe(1);
    accounts.configure(SERVICE);
    expect(published.count).toBe(1);
    const replies = received(responder).map(({ reply }) => reply);
    for (const reply of replies) responder.send(pub(reply, "ok"));
    expect(payloads(requester)).toEqual(["ok", "ok", "ok"]);
  });

  test("of everything but users leaves plans and imports as they are too", () => {
    const config = (users: string) => `accounts {
        E { users: [ {user: E, password: E} ${users} ], exports: [ {stream: "foo.>"} ] }
        I { users: [ {user: I, password: I, permissions: {publish: ">"}} ]
            imports: [ {stream: {account: E, subject: "foo.>"}} ] }
      }`;
    const accounts = new AccountBroker(config(""));
    const importer = accounts.client("I").send("SUB foo.a 1\r\n");
    const exporter = accounts.client("E").send(pub("foo.a").repeat(3));
    const { numInserts } = accounts.account("E").sublist.stats();
    accounts.configure(config("\n {user: F, password: F}"));
    expect(accounts.account("E").sublist.stats().numInserts).toBe(numInserts);
    expect(exporter.client.plans.published.count).toBe(1);
    accounts.client("F").send(pub("foo.a"));
    expect(received(importer)).toHaveLength(4);
  });

  test("after others has the same effect, however often", () => {
    const accounts = new AccountBroker(STREAM);
    const importer = accounts.client("I").send("SUB foo.> 1\r\nSUB foo.a q 2\r\n");
    const before = accounts.subscriptionCount;
    for (const config of [SERVICE, accountsOf({ E: "", I: "" }), SERVICE]) {
      for (let i = 0; i < 3; i++) {
        accounts.configure(config);
        accounts.configure(STREAM);
        expect(accounts.subscriptionCount).toBe(before);
      }
    }
    accounts.client("E").send(pub("foo.a"));
    expect(received(importer)).toHaveLength(2);
  });
});

describe("imports", () => {
  test("reach subscriptions that were there before", () => {
    const accounts = new AccountBroker(accountsOf({ E: "", I: "" }));
    const importer = accounts.client("I").send("SUB foo.a 1\r\nSUB foo.* q 2\r\nSUB > 3\r\n");
    const exporter = accounts.client("E");
    exporter.send(pub("foo.a").repeat(3));
    expect(received(importer)).toEqual([]);
    accounts.configure(STREAM);
    exporter.send(pub("foo.a"));
    expect(
      received(importer)
        .map(({ sid }) => sid)
        .toSorted(),
    ).toEqual(["1", "2", "3"]);
  });

  test("that are gone bring nothing more, and leave nothing", () => {
    const accounts = new AccountBroker(STREAM);
    const importer = accounts.client("I").send("SUB foo.a 1\r\nSUB > 2\r\n");
    accounts.configure(accountsOf({ E: 'exports: [ {stream: "foo.>"} ]', I: "" }));
    accounts.client("E").send(pub("foo.a").repeat(3));
    expect(received(importer)).toEqual([]);
    expect(accounts.account("E").sublist.count).toBe(0);
    importer.send("UNSUB 1\r\nUNSUB 2\r\nSUB foo.b 3\r\n");
    expect(accounts.account("E").sublist.count).toBe(0);
  });

  test("of a service that is gone leave requesters without a responder", () => {
    const accounts = new AccountBroker(SERVICE);
    accounts.client("E").send("SUB service 1\r\n");
    const requester = accounts.client("I", { no_responders: true }).send("SUB inbox 1\r\n");
    requester.send(pub("service", "", "inbox").repeat(3));
    expect(received(requester)).toEqual([]);
    accounts.configure(accountsOf({ E: 'exports: [ {service: "service"} ]', I: "" }));
    requester.send(pub("service", "", "inbox"));
    expect(receivedOne(requester).headers).toStartWith("NATS/1.0 503");
    expect(hasInterest(accounts.account("I"), "service")).toBe(false);
  });

  test("from an account that is removed with them end with it", () => {
    const accounts = new AccountBroker(STREAM);
    const exported = accounts.account("E");
    accounts.client("I").send("SUB foo.a 1\r\n");
    expect(exported.sublist.count).toBe(1);
    accounts.configure(accountsOf({ I: "" }));
    expect(exported.sublist.count).toBe(0);
    expect(accounts.account("I").sublist.count).toBe(1);
  });
});

describe("requests on their way when imports change", () => {
  test("get their answers", () => {
    const accounts = new AccountBroker(SERVICE);
    const responder = accounts.client("E").send("SUB service 1\r\n");
    const requester = accounts.client("I").send("SUB inbox 1\r\n");
    requester.send(pub("service", "", "inbox"));
    const reply = requestOf(responder);
    accounts.configure(SERVICE.replace('subject: "service"}', 'subject: "service"}, to: "other"'));
    responder.send(pub(reply, "1") + pub(reply, "2") + pub(reply));
    expect(payloads(requester)).toEqual(["1", "2", ""]);
    requester.send(pub("other", "", "inbox"));
    responder.send(pub(requestOf(responder), "3"));
    expect(payloads(requester)).toEqual(["3"]);
  });

  test("are not waited for when the account of the service goes", () => {
    const accounts = new AccountBroker(SERVICE);
    accounts.client("E").send("SUB service 1\r\n");
    const requester = accounts.client("I").send("SUB inbox 1\r\n");
    requester.send(pub("service", "", "inbox"));
    const { responses } = accounts.account("E");
    expect(responses?.count).toBe(1);
    accounts.configure(accountsOf({ I: "" }));
    expect(responses?.count).toBe(0);
    requester.send("UNSUB 1\r\n");
    expect(accounts.pendingCount).toBe(0);
  });
});

describe("a subject that is exported twice", () => {
  test("as a service has the response type of either, if it is not a single one", () => {
    for (const exports of [
      '{service: "service"}, {service: "service", response: stream}',
      '{service: "service", response: chunked}, {service: "service", accounts: [I]}',
    ]) {
      const accounts = new AccountBroker(
        accountsOf({
          E: `exports: [ ${exports} ]`,
          I: 'imports: [ {service: {account: E, subject: "service"}} ]',
        }),
      );
      const responder = accounts.client("E").send("SUB service 1\r\n");
      const requester = accounts.client("I").send("SUB inbox 1\r\n");
      requester.send(pub("service", "", "inbox"));
      const reply = requestOf(responder);
      responder.send(pub(reply, "1") + pub(reply, "2"));
      expect(payloads(requester)).toEqual(["1", "2"]);
    }
  });

  test("as a service has the response threshold of the last", () => {
    const accounts = new AccountBroker(
      accountsOf({
        E: `exports: [ {service: "service", threshold: "9s"}, {service: "service", threshold: "1s"} ]`,
        I: 'imports: [ {service: {account: E, subject: "service"}} ]',
      }),
    );
    accounts.client("E").send("SUB service 1\r\n");
    accounts.client("I").send(pub("service", "", "inbox"));
    accounts.clock.advance(999);
    expect(accounts.pendingCount).toBe(1);
    accounts.clock.advance(1);
    expect(accounts.pendingCount).toBe(0);
  });

  test("as a stream and as a service is both", () => {
    const accounts = new AccountBroker(
      accountsOf({
        E: 'exports: [ {service: "both"}, {stream: "both"} ]',
        I: 'imports: [ {service: {account: E, subject: "both"}} ]',
        J: 'imports: [ {stream: {account: E, subject: "both"}} ]',
      }),
    );
    const [exporter, requester, listener] = ["E", "I", "J"].map((name) => accounts.client(name));
    exporter!.send("SUB both 1\r\n");
    listener!.send("SUB both 2\r\n");
    requester!.send(pub("both", "request"));
    exporter!.send(pub("both", "event"));
    expect(payloads(exporter!)).toEqual(["request", "event"]);
    expect(payloads(listener!)).toEqual(["event"]);
  });

  test("by a narrow and by a wide export follows the one that is exactly it", () => {
    const accounts = new AccountBroker(
      accountsOf({
        E: 'exports: [ {service: "svc.*"}, {service: "svc.many", response: stream} ]',
        I: `imports: [
          {service: {account: E, subject: "svc.many"}}
          {service: {account: E, subject: "svc.*"}, to: "any.*"}
        ]`,
      }),
    );
    const responder = accounts.client("E").send("SUB svc.* 1\r\n");
    const requester = accounts.client("I").send("SUB inbox 1\r\n");
    const answersTo = (subject: string) => {
      requester.send(pub(subject, "", "inbox"));
      const reply = requestOf(responder);
      responder.send(pub(reply, "1") + pub(reply, "2"));
      return payloads(requester);
    };
    expect(answersTo("svc.many")).toEqual(["1", "2"]);
    expect(answersTo("any.many")).toEqual(["1"]);
  });
});

describe("mappings", () => {
  test("outside of accounts are those of the global account, and go with a reload", () => {
    const accounts = new AccountBroker("mappings: {foo: bar}");
    const peer = accounts.client("").send("SUB > 1\r\n");
    const target = () => {
      peer.send(pub("foo").repeat(3));
      return new Set(received(peer).map(({ subject }) => subject));
    };
    expect(target()).toEqual(new Set(["bar"]));
    accounts.configure('mappings: {"f*": nowhere, foo: baz}');
    expect(target()).toEqual(new Set(["baz"]));
    accounts.configure("debug: false");
    expect(target()).toEqual(new Set(["foo"]));
  });

  test("of one account change nothing in another", () => {
    const accounts = new AccountBroker(accountsOf({ A: "mappings: {foo: bar}", B: "" }));
    const [inA, inB] = ["A", "B"].map((name) => accounts.client(name).send("SUB > 1\r\n"));
    for (let i = 0; i < 2; i++) {
      inA!.send(pub("foo"));
      inB!.send(pub("foo"));
      expect(receivedOne(inA!).subject).toBe("bar");
      expect(receivedOne(inB!).subject).toBe("foo");
    }
  });
});
