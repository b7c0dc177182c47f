/** Requests that wait for answers: their reply subjects, and when they end. */
import { describe, expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import {
  type PendingResponse,
  PendingResponses,
  type ResponseObserver,
} from "../../../src/broker/pending-responses.ts";
import { ServiceExport } from "../../../src/broker/service-export.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { subjectBytes, subjectMatches, subjectText } from "../../../src/subject/subject.ts";
import { Random } from "../../../src/util/random.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ListingSubscriber, textOf } from "../../support/messages.ts";

const DEFAULT_THRESHOLD_MS = 120_000;

/** Counts what is waited for. */
class CountingClock extends FakeClock {
  timers = 0;

  override after(delayMs: number, action: () => void): () => void {
    this.timers++;
    return super.after(delayMs, action);
  }
}

function serviceWith(responseThresholdMs?: number): ServiceExport {
  return new ServiceExport({
    kind: "service",
    subject: "service",
    accounts: [],
    accountTokenPosition: 0,
    responseType: "singleton",
    responseThresholdMs,
    latency: undefined,
    isTraceAllowed: false,
  });
}

class Bench {
  readonly clock = new CountingClock();
  readonly requester = new Account("I", true);
  readonly responses: PendingResponses;
  /** The reply subjects of requests that have ended, and why. */
  readonly ended: string[] = [];

  constructor(maxPending?: number) {
    this.responses = new PendingResponses(this.clock, new Random(7), maxPending);
  }

  open(reply: string, thresholdMs?: number, replySuffix = ""): PendingResponse {
    const observer: ResponseObserver = {
      replySuffix,
      onAnswer: () => {},
      onEnd: (reason) => this.ended.push(`${reply} ${reason}`),
    };
    const pending = this.responses.open({
      service: serviceWith(thresholdMs),
      requester: this.requester,
      isShared: false,
      reply: subjectBytes(reply),
      observer,
    });
    if (pending === undefined) throw new Error("too many wait");
    return pending;
  }

  find(subject: string): PendingResponse | undefined {
    const bytes = subjectBytes(`...${subject}...`);
    return this.responses.find(bytes, 3, 3 + subject.length);
  }
}

describe("the subject to answer to", () => {
  test("has two tokens of six characters behind the prefix", () => {
    const bench = new Bench();
    const { subject } = bench.open("inbox");
    expect(subjectText(subject)).toMatch(/^_R_\.[0-9A-Za-z]{6}\.[0-9A-Za-z]{6}$/);
  });

  test("begins alike for all requests, and is another one for each", () => {
    const bench = new Bench();
    const subjects = Array.from({ length: 5000 }, () => subjectText(bench.open("inbox").subject));
    expect(new Set(subjects).size).toBe(5000);
    expect(new Set(subjects.map((subject) => subject.slice(0, 11))).size).toBe(1);
    for (const subject of subjects) {
      expect(subjectMatches(subject, bench.responses.wildcard)).toBe(true);
    }
  });

  test("begins in another way in another account", () => {
    const clock = new FakeClock();
    const random = new Random(3);
    const [one, two] = [new PendingResponses(clock, random), new PendingResponses(clock, random)];
    expect(one.wildcard).not.toBe(two.wildcard);
  });

  test("leads to its request and to no other", () => {
    const bench = new Bench();
    const all = Array.from({ length: 100 }, (_, i) => bench.open(`inbox.${i}`));
    for (const pending of all) expect(bench.find(subjectText(pending.subject))).toBe(pending);
  });

  test("leads nowhere if it is not exactly that", () => {
    const bench = new Bench();
    const subject = subjectText(bench.open("inbox").subject);
    const other = subject.endsWith("a") ? "b" : "a";
    for (const wrong of [
      subject.slice(0, -1),
      `${subject}a`,
      `${subject}.a`,
      subject.slice(0, -1) + other,
      `${subject.slice(0, -1)}é`,
      `${subject.slice(0, -1)}.`,
      "_R_.",
      "_R_",
      "",
    ]) {
      expect(bench.find(wrong)).toBeUndefined();
    }
  });

  test("may end in something more, which counts", () => {
    const bench = new Bench();
    const pending = bench.open("inbox", undefined, ".hash1234.T");
    const subject = subjectText(pending.subject);
    expect(subject).toEndWith(".hash1234.T");
    expect(bench.find(subject)).toBe(pending);
    expect(bench.find(subject.slice(0, -2))).toBeUndefined();
    expect(bench.find(subject.replace("hash", "hush"))).toBeUndefined();
    expect(bench.find(subject.replace(".hash1234.T", ""))).toBeUndefined();
  });

  test("that nobody waits at leads nowhere", () => {
    const bench = new Bench();
    bench.open("inbox");
    expect(bench.find(subjectText(bench.responses.unusedSubject()))).toBeUndefined();
    expect(bench.responses.count).toBe(1);
  });
});

describe("an answer", () => {
  test("has the requester's subject, byte by byte, whoever reuses those bytes", () => {
    const bench = new Bench();
    const reply = subjectBytes("in.\xc3\xa9.\xff");
    const pending = bench.responses.open({
      service: serviceWith(),
      requester: bench.requester,
      isShared: false,
      reply,
      observer: undefined,
    });
    reply.fill(0x78);
    expect(textOf(pending!.reply)).toBe("in.\xc3\xa9.\xff");
  });
});

describe("a request ends", () => {
  test("when it is told to, once", () => {
    const bench = new Bench();
    const pending = bench.open("inbox");
    bench.responses.end(pending, "answered");
    bench.responses.end(pending, "undelivered");
    expect(bench.ended).toEqual(["inbox answered"]);
    expect(bench.responses.count).toBe(0);
    expect(bench.find(subjectText(pending.subject))).toBeUndefined();
  });

  test("two minutes later if nothing else is said, and not before", () => {
    const bench = new Bench();
    bench.open("inbox");
    bench.clock.advance(DEFAULT_THRESHOLD_MS - 1);
    expect(bench.responses.count).toBe(1);
    bench.clock.advance(1);
    expect(bench.ended).toEqual(["inbox timeout"]);
    expect(bench.clock.timerCount).toBe(0);
  });

  test("after the time of its own service, whichever came first", () => {
    const bench = new Bench();
    bench.open("slow", 10_000);
    bench.open("fast", 1000);
    bench.clock.advance(1000);
    expect(bench.ended).toEqual(["fast timeout"]);
    bench.open("medium", 3000);
    bench.clock.advance(3000);
    expect(bench.ended).toEqual(["fast timeout", "medium timeout"]);
    bench.clock.advance(6000);
    expect(bench.ended).toEqual(["fast timeout", "medium timeout", "slow timeout"]);
    expect(bench.clock.timerCount).toBe(0);
  });

  test("so long after the last answer of a stream", () => {
    const bench = new Bench();
    const pending = bench.open("inbox", 1000);
    for (let i = 0; i < 5; i++) {
      bench.clock.advance(900);
      bench.responses.touch(pending);
    }
    expect(bench.responses.count).toBe(1);
    bench.clock.advance(1100);
    expect(bench.ended).toEqual(["inbox timeout"]);
  });

  test("with the last subscription of the requester to its reply subject", () => {
    const bench = new Bench();
    const subscribe = (subject: string) => {
      const subscription = new Subscription(new ListingSubscriber(), 1, undefined);
      bench.requester.subscribe(subjectBytes(subject), subscription);
      return subscription;
    };
    const [literal, wildcard] = [subscribe("inbox.1"), subscribe("inbox.*")];
    bench.open("inbox.1");
    bench.open("inbox.2");
    bench.requester.unsubscribe(wildcard);
    expect(bench.ended).toEqual(["inbox.2 no-interest"]);
    bench.requester.unsubscribe(literal);
    expect(bench.ended).toEqual(["inbox.2 no-interest", "inbox.1 no-interest"]);
    expect(bench.responses.count).toBe(0);
  });

  test("with its account, and so do all others", () => {
    const bench = new Bench();
    for (let i = 0; i < 3; i++) bench.open(`inbox.${i}`);
    bench.responses.endAll();
    expect(bench.ended).toEqual([0, 1, 2].map((i) => `inbox.${i} account-gone`));
    expect(bench.responses.count).toBe(0);
    expect(bench.clock.timerCount).toBe(0);
    bench.open("inbox.3", 1000);
    bench.clock.advance(1000);
    expect(bench.ended.at(-1)).toBe("inbox.3 timeout");
  });
});

test("no more requests wait than there is room for, and one more as soon as one has ended", () => {
  const bench = new Bench(3);
  const [first] = [1, 2, 3].map((i) => bench.open(`inbox.${i}`));
  expect(() => bench.open("inbox.4")).toThrow("too many wait");
  expect(bench.ended).toEqual(["inbox.4 refused"]);
  expect(bench.responses.count).toBe(3);
  bench.responses.end(first!, "answered");
  bench.open("inbox.5");
});

describe("waiting", () => {
  test("needs one timer for all requests, and none once all are answered", () => {
    const bench = new Bench();
    const all = Array.from({ length: 100 }, (_, i) => bench.open(`inbox.${i}`));
    expect(bench.clock.timerCount).toBe(1);
    for (const pending of all) bench.responses.end(pending, "answered");
    bench.clock.advance(DEFAULT_THRESHOLD_MS);
    expect(bench.clock.timerCount).toBe(0);
    expect(bench.ended).not.toContainEqual(expect.stringContaining("timeout"));
  });

  test("does not look at all requests each time that one of them ends", () => {
    const bench = new Bench();
    for (let i = 0; i < 2000; i++) {
      bench.open(`inbox.${i}`, 4000);
      bench.clock.advance(1);
    }
    const before = bench.clock.timers;
    bench.clock.advance(6000);
    expect(bench.responses.count).toBe(0);
    expect(bench.clock.timers - before).toBeLessThan(200);
  });
});
