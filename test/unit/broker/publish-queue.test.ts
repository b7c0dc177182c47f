/** Messages that the server publishes in turns of its own. */
import { beforeEach, describe, expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import { BuilderPool } from "../../../src/broker/builder-pool.ts";
import { PublishQueue } from "../../../src/broker/publish-queue.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Random } from "../../../src/util/random.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ListingSubscriber } from "../../support/messages.ts";

const MOST_WAITING = 65_536;
const AT_ONCE = 1024;
const PAYLOAD = new Uint8Array([123, 125]);

let clock = new FakeClock();
let account = new Account("A", true);
let receiver = new ListingSubscriber();
let queue = queueOn(clock);

function queueOn(target: FakeClock): PublishQueue {
  return new PublishQueue({ clock: target, random: new Random(1), builders: new BuilderPool() });
}

function add(subject: string): boolean {
  return queue.add(account, subjectBytes(subject), PAYLOAD);
}

/** The subjects that have been published, without what was prepared. */
function published(): string[] {
  return receiver.given.map((given) => given.split(" ")[0]!);
}

beforeEach(() => {
  clock = new FakeClock();
  account = new Account("A", true);
  receiver = new ListingSubscriber();
  account.subscribe(subjectBytes("results.>"), new Subscription(receiver, 1, undefined));
  queue = queueOn(clock);
});

describe("what is added", () => {
  test("is published in order once the events that are ready have been handled", () => {
    for (const subject of ["results.1", "other", "results.2"]) add(subject);
    expect(published()).toEqual([]);
    clock.advance(0);
    expect(published()).toEqual(["results.1", "results.2"]);
    expect(clock.timerCount).toBe(0);
  });

  test("is sent at the end of the turn that publishes it", () => {
    const seen: number[] = [];
    queue.endTurn = () => seen.push(receiver.given.length);
    add("results.1");
    add("results.2");
    clock.advance(0);
    expect(seen).toEqual([2]);
  });

  test("while another message is published gets its turn too", () => {
    receiver.deliver = (_subscription, message) => {
      receiver.given.push("results");
      if (receiver.given.length < 3)
        queue.add(account, message.subjectBlock.bytes.slice(0, 9), PAYLOAD);
      return true;
    };
    add("results.1");
    clock.advance(0);
    expect(receiver.given.length).toBe(3);
  });

  test("goes out a limited number a turn", () => {
    const turns: number[] = [];
    queue.endTurn = () => turns.push(receiver.given.length);
    for (let i = 0; i < 2 * AT_ONCE + 1; i++) add("results.x");
    clock.advance(0);
    expect(turns).toEqual([AT_ONCE, 2 * AT_ONCE, 2 * AT_ONCE + 1]);
  });

  test("beyond what may wait is lost", () => {
    for (let i = 0; i < MOST_WAITING; i++) add("results.x");
    expect(add("results.y")).toBe(false);
    clock.advance(0);
    expect(receiver.given.length).toBe(MOST_WAITING);
    expect(add("results.y")).toBe(true);
  });
});
