/**
 * Traces of messages, in memory: what becomes of a message on its way, told event by event. What
 * the whole looks like on the wire is in `test/accounts/message-trace.test.ts`.
 */
import { describe, expect, test } from "bun:test";
import { dispatchTraced } from "../../../src/broker/dispatch-traced.ts";
import { MessageTrace, type TracedMatch } from "../../../src/broker/message-trace.ts";
import type { Message } from "../../../src/broker/message.ts";
import type { ServerInfo } from "../../../src/broker/server-info.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import { Random } from "../../../src/util/random.ts";
import { AccountBroker, payloads, received } from "../../support/account-broker.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";
import { ListingSubscriber, messageOf } from "../../support/messages.ts";

const SERVER: ServerInfo = {
  name: "test",
  host: "0.0.0.0",
  id: "N",
  ver: "2.14.0",
  feature_flags: {},
  jetstream: false,
  flags: 0,
  seq: 1,
  time: "2026-01-02T03:04:05Z",
};

const CONFIG = `accounts {
  A { exports: [ {service: "svc", allow_trace: true} ] }
  B {
    exports: [ {service: "mine", allow_trace: true}, {service: "dark"} ]
    imports: [ {service: {account: A, subject: "svc"}, to: "mine"} ]
  }
  C {
    imports: [
      {service: {account: B, subject: "mine"}, to: "far"}
      {service: {account: B, subject: "dark"}}
    ]
  }
}`;

const DESTINATION = "Nats-Trace-Dest: trace";
const ONLY = "Nats-Trace-Only: true";

/** An account with a publisher and a listener to its traces. */
class Tracing {
  readonly accounts: AccountBroker;
  readonly publisher: MemoryPeer;
  readonly #listener: MemoryPeer;

  constructor(account: "A" | "B" | "C" = "A", options: { noFastProducerStall?: boolean } = {}) {
    this.accounts = new AccountBroker(CONFIG, options);
    this.accounts.broker.serverInfo = { next: () => SERVER };
    this.publisher = this.accounts.client(account, { name: "publisher", no_responders: true });
    this.#listener = this.accounts.client(account).send("SUB trace 1\r\n");
  }

  subscriber(subscriptions: string, account = "A"): MemoryPeer {
    return this.accounts.client(account, { name: "subscriber" }).send(subscriptions);
  }

  /** Each event as its type and what it has beside it, by which tests tell it from others. */
  trace(text: string): string[] {
    this.publisher.send(text);
    return this.events();
  }

  events(): string[] {
    return payloads(this.#listener).flatMap((payload) => {
      const { events } = JSON.parse(payload) as { events: Record<string, string>[] };
      return events.map(({ type, acc, sub, subj, from, to, queue, error }) => {
        const parts = [acc, sub, subj, from, to, queue, error].filter((one) => one !== undefined);
        return [type, ...parts].join(" ");
      });
    });
  }
}

function hpub(subject: string, lines: readonly string[], reply = "", payload = "x"): string {
  const headers = `NATS/1.0\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
  const sizes = `${headers.length} ${headers.length + payload.length}`;
  return `HPUB ${subject} ${reply === "" ? "" : `${reply} `}${sizes}\r\n${headers}${payload}\r\n`;
}

describe("a report", () => {
  test("has the reference's fields in its order, without what is empty", () => {
    const clock = new FakeClock(5_000.25);
    const trace = new MessageTrace({
      publisher: { cid: 3, name: "", account: "A" },
      subject: "s",
      headers: new Map([
        ["b", ["1", "2"]],
        ["A", ["<&>"]],
      ]),
      sizeBytes: 5,
      destination: "t",
      isOnly: false,
      acceptEncoding: "",
      clock,
    });
    clock.advance(1.5);
    trace.addMapping("");
    const receiver = { cid: 4, name: "n", account: "B", subscribed: "*", queue: "q" };
    trace.addReceiver(receiver, "Not delivered because of no echo");
    trace.addReceiver({ ...receiver, account: "A", queue: undefined }, undefined);
    trace.refuse("no");
    expect(JSON.stringify(trace.report(SERVER)).replace(JSON.stringify(SERVER), "S")).toBe(
      '{"server":S,"request":{"header":{"A":["<&>"],"b":["1","2"]},"msgsize":5},"events":[' +
        '{"type":"in","ts":"2026-01-02T03:04:05Z","kind":0,"cid":3,"acc":"A","subj":"s",' +
        '"error":"no"},{"type":"sm","ts":"2026-01-02T03:04:05.0015Z","to":""},' +
        '{"type":"eg","ts":"2026-01-02T03:04:05.0015Z","kind":0,"cid":4,"name":"n","acc":"B",' +
        '"sub":"*","queue":"q","error":"Not delivered because of no echo"},' +
        '{"type":"eg","ts":"2026-01-02T03:04:05.0015Z","kind":0,"cid":4,"name":"n","sub":"*"}]}',
    );
  });

  test("is not made without a system account to speak for the server", () => {
    const tracing = new Tracing();
    tracing.accounts.broker.serverInfo = undefined;
    const subscriber = tracing.subscriber("SUB foo 1\r\n");
    expect(tracing.trace(hpub("foo", [DESTINATION]))).toEqual([]);
    expect(payloads(subscriber)).toEqual(["x"]);
  });
});

describe("dispatching a traced message", () => {
  /** Notes the matches that it is told of. */
  class TracedSubscriber extends ListingSubscriber {
    readonly matches: TracedMatch[] = [];
    onMatch: () => void = () => {};

    deliverTraced(_subscription: Subscription, _message: Message, match: TracedMatch): boolean {
      this.matches.push(match);
      this.onMatch();
      return this.takes;
    }
  }

  class Bench {
    readonly sublist = new Sublist<Subscription>();
    readonly #random = new Random(1);

    add(subscriber: ListingSubscriber, subject: string, queue?: string): Subscription {
      const subscription = new Subscription(subscriber, 1, queue);
      this.sublist.insert(subjectBytes(subject), subscription);
      return subscription;
    }

    dispatch(subject: string): boolean {
      const message = messageOf(subject);
      message.trace = new MessageTrace({
        publisher: { cid: 1, name: "", account: "A" },
        subject,
        headers: new Map(),
        sizeBytes: 0,
        destination: "t",
        isOnly: true,
        acceptEncoding: "",
        clock: new FakeClock(),
      });
      return dispatchTraced(this, message, this.#random);
    }
  }

  test("tells each receiver how it came to match", () => {
    const bench = new Bench();
    const [plain, denied] = [new TracedSubscriber("plain"), new TracedSubscriber("denied")];
    bench.add(plain, "a.*");
    bench.add(denied, ">").filter = { denies: () => true };
    expect(bench.dispatch("a.b")).toBe(true);
    expect(plain.matches).toMatchObject([{ subscribed: "a.*", isDenied: false }]);
    expect(denied.matches).toMatchObject([{ subscribed: ">", isDenied: true }]);
  });

  test("offers it to the members of a group in turn until one takes it", () => {
    const bench = new Bench();
    const refusing = [1, 2, 3].map((i) => new TracedSubscriber(`no${i}`, false));
    const taking = new TracedSubscriber("yes");
    for (const member of [...refusing, taking]) bench.add(member, "a", "q");
    for (let i = 0; i < 20; i++) expect(bench.dispatch("a")).toBe(true);
    expect(taking.matches).toHaveLength(20);
    const tried = refusing.map(({ matches }) => matches.length);
    expect(tried.every((count) => count > 0 && count < 20)).toBe(true);
    taking.takes = false;
    expect(bench.dispatch("a")).toBe(false);
  });

  test("gives it to receivers that traces do not mention, if they may have it", () => {
    const bench = new Bench();
    const internal = new ListingSubscriber("internal");
    bench.add(internal, "a");
    bench.add(internal, "*").filter = { denies: () => true };
    expect(bench.dispatch("a")).toBe(true);
    expect(internal.given).toEqual(["a"]);
  });

  test("goes on where a receiver ends the subscription of another", () => {
    const bench = new Bench();
    const [first, second] = [new TracedSubscriber("one"), new TracedSubscriber("two")];
    const subscriptions = [bench.add(first, "a"), bench.add(second, "a")];
    const end = () => {
      for (const one of subscriptions) if (one.node >= 0) bench.sublist.remove(one);
    };
    first.onMatch = end;
    second.onMatch = end;
    bench.dispatch("a");
    const subscribed = [...first.matches, ...second.matches].map((match) => match.subscribed);
    expect(subscribed.toSorted()).toEqual(["", "a"]);
  });
});

describe("a client that does not get the message", () => {
  test("is closing", () => {
    const tracing = new Tracing();
    const subscriber = tracing.subscriber("SUB foo 1\r\n");
    const { client } = subscriber;
    // What it had subscribed to goes in turns of its own.
    Object.defineProperty(client, "isLive", { value: false });
    expect(tracing.trace(hpub("foo", [DESTINATION]))).toEqual([
      "in A foo",
      "eg foo Not delivered because client is closed",
    ]);
  });

  test("has too much to catch up on, where producers do not wait", () => {
    const tracing = new Tracing("A", { noFastProducerStall: true });
    const subscriber = tracing.subscriber("SUB foo 1\r\n");
    subscriber.transport.take(0);
    Object.defineProperty(subscriber.client, "isCongested", { value: true });
    tracing.publisher.send(hpub("foo", ["A: b"]));
    expect(tracing.trace(hpub("foo", [DESTINATION]))).toEqual([
      "in A foo",
      "eg foo Not delivered because fast producer not stalled and consumer is slow",
    ]);
    expect(tracing.trace(hpub("foo", [DESTINATION, ONLY]))).toEqual(["in A foo", "eg foo"]);
  });

  test("has had all that it wants", () => {
    const tracing = new Tracing();
    const subscriber = tracing.subscriber("SUB foo 1\r\nUNSUB 1 1\r\n");
    const [only, real] = [hpub("foo", [DESTINATION, ONLY]), hpub("foo", [DESTINATION])];
    expect(tracing.trace(only + only)).toEqual(["in A foo", "eg foo", "in A foo", "eg foo"]);
    expect(tracing.trace(real + real)).toEqual(["in A foo", "eg foo", "in A foo"]);
    expect(payloads(subscriber)).toEqual(["x"]);
  });
});

describe("a traced message", () => {
  test("comes between those that several clients get together", () => {
    const tracing = new Tracing();
    const fleet = [1, 2, 3].map(() => tracing.subscriber("SUB foo 1\r\n"));
    const plain = (payload: string) => hpub("foo", ["A: b"], "", payload);
    const traced = hpub("foo", [DESTINATION], "", "traced");
    const sent = ["1", "2", "3"].map(plain).join("") + traced + plain("4") + plain("5");
    expect(tracing.trace(sent)).toEqual(["in A foo", "eg foo", "eg foo", "eg foo"]);
    for (const member of fleet) {
      expect(payloads(member)).toEqual(["1", "2", "3", "traced", "4", "5"]);
    }
  });

  test("counts as published, unless it is not let in", () => {
    const tracing = new Tracing();
    const { client } = tracing.publisher;
    tracing.publisher.send(hpub("foo", [DESTINATION, ONLY]));
    expect([client.inMessages, client.inBytes]).toEqual([1, 60]);
    tracing.publisher.send(hpub("foo", ["Nats-Trace-Dest: _GR_.x"]));
    expect(tracing.publisher.read()).toContain("Permissions Violation");
    expect(client.inMessages).toBe(1);
  });

  test("does not mark those that come after it", () => {
    const tracing = new Tracing("B");
    const service = tracing.subscriber("SUB svc 1\r\n");
    tracing.trace(hpub("mine", [DESTINATION]));
    tracing.publisher.send(hpub("mine", ["A: b"]));
    expect(tracing.events()).toEqual([]);
    expect(received(service)[1]?.headers).not.toContain("Nats-Trace-Dest");
  });
});

describe("through a service of another account", () => {
  test("a message that is only traced leaves no request waiting", () => {
    const tracing = new Tracing("B");
    tracing.publisher.send("SUB inbox 1\r\n");
    const service = tracing.subscriber("SUB svc 1\r\n");
    expect(tracing.trace(hpub("mine", [DESTINATION, ONLY], "inbox"))).toEqual([
      "in B mine",
      "si A mine svc",
      "eg A svc",
    ]);
    expect(tracing.accounts.pendingCount).toBe(0);
    expect([tracing.publisher.read(), service.read()]).toEqual(["", ""]);
    tracing.trace(hpub("mine", [DESTINATION], "inbox"));
    expect(tracing.accounts.pendingCount).toBe(1);
  });

  test("an answer is traced to the border of the service's account", () => {
    const tracing = new Tracing("A");
    const requester = tracing.accounts.client("B").send("SUB inbox 1\r\n");
    tracing.publisher.send("SUB svc 1\r\n");
    requester.send("PUB mine inbox 1\r\n?\r\n");
    const [request] = received(tracing.publisher);
    const reply = request?.reply ?? "";
    expect(tracing.trace(hpub(reply, [DESTINATION, "A: b"]))).toEqual([
      `in A ${reply}`,
      `si B ${reply} inbox`,
    ]);
    const [answer] = received(requester);
    expect(answer?.headers).toBe("NATS/1.0\r\nA: b\r\nNats-Trace-Dest: trace disabled\r\n\r\n");
    expect(tracing.accounts.pendingCount).toBe(0);
  });

  test("a message is traced from account to account, to a subject of the last one", () => {
    const tracing = new Tracing("C");
    const service = tracing.subscriber("SUB svc 1\r\n");
    expect(tracing.trace(hpub("far", [DESTINATION]))).toEqual([
      "in C far",
      "si B far mine",
      "si A mine svc",
      "eg A svc",
    ]);
    const { responses } = tracing.accounts.account("A");
    const subject = /Nats-Trace-Dest: (\S+)/.exec(service.read())?.[1] ?? "";
    expect(subject).toStartWith(responses?.wildcard.slice(0, -1) ?? "?");
  });

  test("a message goes on untraced where the trace ends", () => {
    const tracing = new Tracing("C");
    const service = tracing.subscriber("SUB dark 1\r\nSUB dark q 2\r\n", "B");
    expect(tracing.trace(hpub("dark", [DESTINATION]))).toEqual(["in C dark", "si B dark dark"]);
    expect(payloads(service)).toEqual(["x", "x"]);
    expect(tracing.trace(hpub("dark", [DESTINATION, ONLY]))).toEqual([
      "in C dark",
      "si B dark dark",
    ]);
    expect(service.read()).toBe("");
  });
});
