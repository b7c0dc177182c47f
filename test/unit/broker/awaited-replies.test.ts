/** Reply subjects that an account waits at: which requests end when a subscription goes. */
import { describe, expect, test } from "bun:test";
import { AwaitedReplies } from "../../../src/broker/awaited-replies.ts";
import { subjectBytes, subjectMatches } from "../../../src/subject/subject.ts";

interface Request {
  readonly replyText: string;
}

/** Who listens is a list of patterns; what has ended is a list of reply subjects. */
class Bench {
  readonly replies = new AwaitedReplies<Request>();
  readonly listening = new Set<string>();
  readonly ended: string[] = [];

  /** As `PendingResponses` does it: what ends is removed. */
  readonly room = {
    end: (request: Request, reason: string): void => {
      expect(reason).toBe("no-interest");
      this.ended.push(request.replyText);
      this.replies.remove(request);
    },
  };

  ask(replyText: string): Request {
    const request = { replyText };
    this.replies.add(request, this.room);
    return request;
  }

  /** The only subscription to the pattern goes. */
  unsubscribe(pattern: string): void {
    this.listening.delete(pattern);
    this.replies.onUnsubscribe(subjectBytes(pattern), {
      hasInterest: (subject) => [...this.listening].some((one) => subjectMatches(subject, one)),
    });
  }
}

describe("a request ends when", () => {
  test("the only subscription to its reply subject goes", () => {
    const bench = new Bench();
    bench.ask("inbox.1");
    bench.ask("inbox.2");
    bench.unsubscribe("inbox.1");
    expect(bench.ended).toEqual(["inbox.1"]);
  });

  test("the wildcard subscription that matches it goes", () => {
    for (const pattern of ["inbox.*", "inbox.>", "*.1", ">"]) {
      const bench = new Bench();
      bench.ask("inbox.1");
      bench.ask("other");
      bench.listening.add("other");
      bench.unsubscribe(pattern);
      expect(bench.ended).toEqual(["inbox.1"]);
    }
  });

  test("the last of several subscriptions goes", () => {
    const bench = new Bench();
    bench.ask("inbox.1");
    for (const pattern of ["inbox.1", "inbox.*", ">"]) bench.listening.add(pattern);
    bench.unsubscribe("inbox.1");
    bench.unsubscribe(">");
    expect(bench.ended).toEqual([]);
    bench.unsubscribe("inbox.*");
    expect(bench.ended).toEqual(["inbox.1"]);
  });

  test("others do that wait at the same subject", () => {
    const bench = new Bench();
    for (let i = 0; i < 5; i++) bench.ask("inbox");
    bench.unsubscribe("inbox");
    expect(bench.ended).toEqual(Array.from({ length: 5 }, () => "inbox"));
  });

  test("its reply subject has bytes that are no text", () => {
    const bench = new Bench();
    bench.ask("\xc3\xa9.\xff");
    bench.unsubscribe("\xc3\xa9.*");
    expect(bench.ended).toEqual(["\xc3\xa9.\xff"]);
  });
});

describe("a request does not end when", () => {
  test("a subscription to another subject goes", () => {
    const bench = new Bench();
    bench.ask("inbox.1");
    for (const pattern of ["inbox", "inbox.10", "inbox.1.x", "inbox.*.*", "*", "Inbox.1"]) {
      bench.unsubscribe(pattern);
    }
    expect(bench.ended).toEqual([]);
  });

  test("it has been answered before", () => {
    const bench = new Bench();
    const [answered] = [bench.ask("inbox"), bench.ask("inbox")];
    bench.replies.remove(answered);
    bench.replies.remove(answered);
    bench.unsubscribe("inbox");
    expect(bench.ended).toEqual(["inbox"]);
  });
});

test("the end of one request may end others, and make new ones", () => {
  const replies = new AwaitedReplies<Request>();
  const ended: string[] = [];
  const requests = ["inbox.1", "inbox.2", "inbox.3"].map((replyText) => ({ replyText }));
  const room = {
    end: (request: Request) => {
      ended.push(request.replyText);
      for (const one of requests) replies.remove(one);
      replies.add({ replyText: "inbox.4" }, { end: () => ended.push("inbox.4") });
    },
  };
  for (const request of requests) replies.add(request, room);
  replies.onUnsubscribe(subjectBytes("inbox.*"), { hasInterest: () => false });
  expect(ended).toEqual(["inbox.1"]);
  replies.onUnsubscribe(subjectBytes("inbox.*"), { hasInterest: () => false });
  expect(ended).toEqual(["inbox.1", "inbox.4"]);
});
