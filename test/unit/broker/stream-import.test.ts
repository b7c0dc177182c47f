/**
 * Streams of other accounts, in memory: what subscriptions in the importing account leave in the
 * exporting one, and under which subject each receiver gets a message. E exports, I imports.
 */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { Random } from "../../../src/util/random.ts";
import {
  AccountBroker,
  payloads,
  pub,
  received,
  receivedOne,
  wireText,
} from "../../support/account-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);

/** E exports `foo.>`, which I imports as it is, with a prefix and, of `foo.*.*`, renamed. */
const CONFIG = `accounts {
  E { exports: [ {stream: "foo.>"}, {stream: "foo.*.*"} ] }
  I { imports: [
    {stream: {account: E, subject: "foo.>"}, prefix: "p"}
    {stream: {account: E, subject: "foo.*.*"}, to: "swap.$2.$1"}
    {stream: {account: E, subject: "foo.bar"}}
  ] }
}`;

/** `subject sid` of what the peer has got, in order. */
function places(peer: MemoryPeer): string[] {
  return received(peer)
    .map(({ subject, sid }) => `${subject} ${sid}`)
    .toSorted();
}

describe("subscriptions in the importing account leave nothing behind", () => {
  const subjects = ["foo.bar", "p.foo.>", "p.*.a.*", "swap.a.b", "swap.*.*", "swap.>", ">", "*.*"];

  test("when they are unsubscribed, in any order", () => {
    const accounts = new AccountBroker(CONFIG);
    const before = accounts.subscriptionCount;
    const importer = accounts.client("I");
    for (const order of [subjects, subjects.toReversed()]) {
      subjects.forEach((subject, sid) => importer.send(`SUB ${subject} ${sid}\r\n`));
      expect(accounts.account("E").sublist.count).toBeGreaterThan(subjects.length);
      for (const subject of order) importer.send(`UNSUB ${subjects.indexOf(subject)}\r\n`);
      expect(accounts.subscriptionCount).toBe(before);
    }
  });

  test("when they have had their maximum", () => {
    const accounts = new AccountBroker(CONFIG);
    const before = accounts.subscriptionCount;
    const importer = accounts.client("I").send("SUB > 1\r\nSUB swap.> q 2\r\nUNSUB 1 3\r\n");
    importer.send("UNSUB 2 1\r\n");
    accounts.client("E").send(pub("foo.a.b", "1").repeat(4));
    expect(accounts.subscriptionCount).toBe(before);
    expect(places(importer)).toHaveLength(4);
  });

  test("when their connections close, also by the ten thousand", () => {
    const accounts = new AccountBroker(CONFIG);
    const before = accounts.subscriptionCount;
    const importer = accounts.client("I");
    let text = "";
    for (let i = 0; i < 20_000; i++) text += `SUB p.foo.${i} ${i}\r\n`;
    importer.send(text);
    accounts.settle();
    expect(accounts.account("E").sublist.count).toBe(20_000);
    importer.client.close(closeReasons.clientClosed);
    accounts.settle();
    expect(accounts.subscriptionCount).toBe(before);
  });

  test("when the client logs in to another account", () => {
    const accounts = new AccountBroker(`${CONFIG.slice(0, -1)} J {} }`);
    const before = accounts.subscriptionCount;
    const importer = accounts.client("I").send("SUB > 1\r\nSUB foo.bar 2\r\n");
    importer.send('CONNECT {"user":"J","pass":"J"}\r\n');
    expect(accounts.subscriptionCount).toBe(before);
    accounts.client("E").send(pub("foo.bar"));
    expect(importer.read()).toBe("");
  });

  test("when a subscription is refused", () => {
    const accounts = new AccountBroker(CONFIG, { maxSubscriptions: 1 });
    const before = accounts.subscriptionCount;
    const importer = accounts.client("I").send("SUB foo..bar 1\r\nSUB foo.bar 2\r\nSUB > 3\r\n");
    importer.send("SUB foo.bar 2\r\nUNSUB 2\r\n");
    expect(accounts.subscriptionCount).toBe(before);
  });

  test(`whatever comes and goes while messages do, seed ${SEED}`, () => {
    const accounts = new AccountBroker(CONFIG);
    const before = accounts.subscriptionCount;
    const random = new Random(SEED);
    const pick = (choices: readonly string[]) => choices[random.below(choices.length)]!;
    const exporter = accounts.client("E");
    let importers = [accounts.client("I")];
    for (let i = 0; i < 4000; i++) {
      const importer = importers[random.below(importers.length)]!;
      const sid = random.below(12);
      const choice = random.below(10);
      if (choice < 4) importer.send(`SUB ${pick(subjects)} ${pick(["", "q "])}${sid}\r\n`);
      else if (choice < 6) importer.send(`UNSUB ${sid}\r\n`);
      else if (choice === 6) importer.send(`UNSUB ${sid} ${1 + random.below(3)}\r\n`);
      else if (choice < 9) exporter.send(pub(pick(["foo.bar", "foo.a.b", "foo.a.x.b", "x"])));
      else if (importers.length < 5) importers.push(accounts.client("I"));
      else importers.shift()!.client.close(closeReasons.clientClosed);
    }
    for (const { client } of importers) client.close(closeReasons.clientClosed);
    importers = [];
    accounts.settle();
    expect(accounts.subscriptionCount).toBe(before);
  });
});

describe("each receiver gets a message under the subject of its account", () => {
  const IMPORTERS = `accounts {
    E { exports: [ {stream: "foo.*.*"} ] }
    I { imports: [ {stream: {account: E, subject: "foo.*.*"}, to: "one.$2.$1"} ] }
    J { imports: [ {stream: {account: E, subject: "foo.*.*"}, prefix: "a.long.prefix.of.tokens"} ] }
    K { imports: [ {stream: {account: E, subject: "foo.a.b"}, to: "x"} ] }
  }`;

  test("whichever comes first, and from the first message to the tenth", () => {
    const accounts = new AccountBroker(IMPORTERS);
    const exporter = accounts.client("E");
    const names = ["E", "I", "E", "J", "K", "E", "I"];
    const receivers = names.map((name) => accounts.client(name).send("SUB > 7\r\n"));
    const subjects: Record<string, string> = {
      E: "foo.a.b",
      I: "one.b.a",
      J: "a.long.prefix.of.tokens.foo.a.b",
      K: "x",
    };
    for (let i = 0; i < 10; i++) {
      exporter.send(pub("foo.a.b", `message ${i}`, "reply"));
      for (const [index, receiver] of receivers.entries()) {
        expect(receivedOne(receiver)).toEqual({
          subject: subjects[names[index]!]!,
          sid: "7",
          reply: "reply",
          headers: "",
          payload: `message ${i}`,
        });
      }
    }
  });

  test("with headers, or without where it takes none", () => {
    const accounts = new AccountBroker(IMPORTERS);
    const [taking, plain] = [accounts.client("I"), accounts.client("I", { headers: false })];
    for (const one of [taking, plain]) one.send("SUB one.*.a 1\r\n");
    const exporter = accounts.client("E");
    for (let i = 0; i < 3; i++) {
      exporter.send("HPUB foo.a.b 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nhi\r\n");
      expect(receivedOne(taking)).toMatchObject({ headers: "NATS/1.0\r\nA: 1\r\n\r\n" });
      expect(receivedOne(plain)).toMatchObject({ subject: "one.b.a", headers: "", payload: "hi" });
    }
  });

  test("byte by byte where it is no ASCII", () => {
    const accounts = new AccountBroker(`accounts {
      E { exports: [ {stream: "поток.*"} ] }
      I { imports: [ {stream: {account: E, subject: "поток.*"}, to: "fluß.$1"} ] }
      J { imports: [ {stream: {account: E, subject: "поток.*"}, prefix: "日本"} ] }
    }`);
    const literal = accounts.client("I").send(`SUB ${wireText("fluß.ü")} 1\r\n`);
    const wild = accounts.client("J").send(`SUB ${wireText("日本.*.ü")} 1\r\n`);
    const exporter = accounts.client("E");
    for (let i = 0; i < 3; i++) {
      exporter.send(pub(wireText("поток.ü"), "hi") + pub(wireText("поток.ö"), "no"));
      expect(receivedOne(literal).subject).toBe(wireText("fluß.ü"));
      expect(receivedOne(wild).subject).toBe(wireText("日本.поток.ü"));
    }
  });

  test("with a megabyte of payload", () => {
    const accounts = new AccountBroker(IMPORTERS);
    const receivers = ["I", "J", "K", "E"].map((name) => accounts.client(name).send("SUB > 1\r\n"));
    const exporter = accounts.client("E");
    const payload = "0123456789abcdef".repeat(65_536);
    for (let i = 0; i < 3; i++) {
      exporter.send(pub("foo.a.b", payload));
      accounts.settle();
      for (const receiver of receivers) {
        expect(receivedOne(receiver).payload === payload).toBe(true);
      }
    }
  });
});

describe("the next message knows", () => {
  test("of subscriptions that have come and gone since the last one", () => {
    const accounts = new AccountBroker(CONFIG);
    const exporter = accounts.client("E");
    const importer = accounts.client("I");
    const publish = () => {
      exporter.send(pub("foo.bar").repeat(3));
      return places(importer);
    };
    expect(publish()).toEqual([]);
    importer.send("SUB foo.* 1\r\n");
    expect(publish()).toEqual(["foo.bar 1", "foo.bar 1", "foo.bar 1"]);
    importer.send("SUB p.> 2\r\nUNSUB 1\r\n");
    expect(publish()).toEqual(["p.foo.bar 2", "p.foo.bar 2", "p.foo.bar 2"]);
    importer.send("UNSUB 2 4\r\n");
    expect(publish()).toEqual(["p.foo.bar 2"]);
    expect(publish()).toEqual([]);
  });

  test("of imports that have changed since", () => {
    const config = (imports: string) => `accounts {
      E { exports: [ {stream: "foo"} ] }
      I { imports: [ ${imports} ] }
    }`;
    const accounts = new AccountBroker(config('{stream: {account: E, subject: "foo"}, to: "one"}'));
    const importer = accounts.client("I").send("SUB > 1\r\nSUB two 2\r\n");
    const exporter = accounts.client("E");
    const publish = () => {
      exporter.send(pub("foo").repeat(2));
      return places(importer);
    };
    expect(publish()).toEqual(["one 1", "one 1"]);
    accounts.configure(config('{stream: {account: E, subject: "foo"}, to: "two"}'));
    expect(publish()).toEqual(["two 1", "two 1", "two 2", "two 2"]);
    accounts.configure(config(""));
    expect(publish()).toEqual([]);
    expect(accounts.account("E").sublist.count).toBe(0);
    accounts.configure(config('{stream: {account: E, subject: "foo"}}'));
    expect(publish()).toEqual(["foo 1", "foo 1"]);
  });
});

describe("an import brings no more than it is of", () => {
  test("however its local subject is written", () => {
    const accounts = new AccountBroker(`accounts {
      E { exports: [ {stream: "public"} ] }
      I { imports: [ {stream: {account: E, subject: "public"}, to: "bar.*"} ] }
    }`);
    const importer = accounts.client("I").send("SUB bar.secret 1\r\nSUB *.secret.> 2\r\n");
    importer.send("SUB *.hidden 3\r\nSUB bar.* 4\r\nSUB > 5\r\n");
    const exporter = accounts.client("E");
    exporter.send(pub("bar.secret", "no").repeat(3) + pub("bar.hidden", "no"));
    expect(payloads(importer)).toEqual([]);
    exporter.send(pub("public", "yes"));
    expect(new Set(payloads(importer))).toEqual(new Set(["yes"]));
  });

  test("for any subscription to a part of it", () => {
    const accounts = new AccountBroker(`accounts {
      E { exports: [ {stream: "foo.*.x"} ] }
      I { imports: [ {stream: {account: E, subject: "foo.*.x"}, to: "l.$1"} ] }
    }`);
    const importer = accounts.client("I");
    ["l.a", "l.>", "*.a", "*.*", ">", "l.*", "*.>", "foo.>", "*.a.x"].forEach((subject, sid) => {
      importer.send(`SUB ${subject} ${sid}\r\n`);
    });
    const exporter = accounts.client("E");
    for (const subject of ["foo.a", "foo.a.y", "l.a", "foo", "a", "foo.a.x.y", "x.a.x"]) {
      exporter.send(pub(subject).repeat(2));
    }
    expect(places(importer)).toEqual([]);
    exporter.send(pub("foo.a.x"));
    expect(places(importer)).toEqual([0, 1, 2, 3, 4, 5, 6].map((sid) => `l.a ${sid}`));
  });
});

describe("what a user may not have", () => {
  const config = (permissions: string) => `accounts {
    E { users: [ {user: e, password: e} ], exports: [ {stream: "foo.*.*"} ] }
    I { users: [ {user: i, password: i, permissions: {${permissions}}} ]
        imports: [ {stream: {account: E, subject: "foo.*.*"}, to: "l.$2.$1"} ] }
  }`;

  test("does not reach wildcard subscriptions through an import, by its local subject", () => {
    const accounts = new AccountBroker(config('subscribe: {deny: "l.*.secret"}'));
    const importer = accounts.client("i").send("SUB l.> 1\r\nSUB > 2\r\nSUB l.*.* 3\r\n");
    const exporter = accounts.client("e");
    for (let i = 0; i < 3; i++) {
      exporter.send(pub("foo.secret.a") + pub("foo.a.secret"));
      expect(places(importer)).toEqual(["l.secret.a 1", "l.secret.a 2", "l.secret.a 3"]);
    }
  });

  test("changes for subscriptions that are there", () => {
    const accounts = new AccountBroker(config('subscribe: {deny: "l.*.secret"}'));
    const importer = accounts.client("i").send("SUB l.> 1\r\n");
    const exporter = accounts.client("e");
    const publish = () => {
      for (let i = 0; i < 2; i++) exporter.send(pub("foo.secret.a") + pub("foo.a.secret"));
      return new Set(places(importer));
    };
    expect(publish()).toEqual(new Set(["l.secret.a 1"]));
    accounts.configure(config('subscribe: {deny: "l.secret.*"}'));
    expect(publish()).toEqual(new Set(["l.a.secret 1"]));
    accounts.configure(config(""));
    expect(publish()).toEqual(new Set(["l.a.secret 1", "l.secret.a 1"]));
    accounts.configure(config('subscribe: {deny: ["l.secret.*", "l.*.secret"]}'));
    expect(publish()).toEqual(new Set());
    expect(accounts.account("E").sublist.count).toBe(1);
  });
});

test("an account that imports from itself gets messages under both subjects, once each", () => {
  const accounts = new AccountBroker(`accounts {
    E { exports: [ {stream: "foo.*"} ]
        imports: [ {stream: {account: E, subject: "foo.*"}, to: "own.$1"} ] }
  }`);
  const before = accounts.subscriptionCount;
  const peer = accounts.client("E").send("SUB > 1\r\nSUB own.a 2\r\nSUB foo.a 3\r\n");
  for (let i = 0; i < 3; i++) {
    peer.send(pub("foo.a"));
    expect(places(peer)).toEqual(["foo.a 1", "foo.a 3", "own.a 1", "own.a 2"]);
  }
  peer.client.close(closeReasons.clientClosed);
  expect(accounts.subscriptionCount).toBe(before);
});

test("a receiver that closes in the middle disturbs no other import", () => {
  const accounts = new AccountBroker(CONFIG);
  const importers = Array.from({ length: 4 }, () => accounts.client("I").send("SUB > 1\r\n"));
  const exporter = accounts.client("E");
  for (let i = 0; i < 3; i++) exporter.send(pub("foo.bar"));
  for (const importer of importers) expect(places(importer)).toHaveLength(6);
  importers[1]!.transport.fail();
  importers[3]!.client.close(closeReasons.clientClosed);
  for (let i = 0; i < 3; i++) exporter.send(pub("foo.bar"));
  expect(places(importers[0]!)).toHaveLength(6);
  expect(places(importers[2]!)).toHaveLength(6);
  expect(accounts.account("I").sublist.count).toBe(2);
  expect(accounts.account("E").sublist.count).toBe(6);
});
