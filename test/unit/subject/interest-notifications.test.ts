/** Notifications of interest in single subjects, through the sublist that sends them. */
import { describe, expect, test } from "bun:test";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Sublist } from "../../../src/subject/sublist.ts";
import { namesIn, subscribe, TestEntry } from "./sublist-fixtures.ts";

const newSublist = () => new Sublist<TestEntry>();

describe("notifications", () => {
  const heard: string[] = [];
  const listen = (name: string) => (hasInterest: boolean) => heard.push(`${name} ${hasInterest}`);
  const take = () => heard.splice(0);

  test("tell the present state, then each first and last exact subscription", () => {
    const sublist = newSublist();
    expect(sublist.registerNotification("foo.bar", listen("a"))).toBe("registered");
    expect(take()).toEqual(["a false"]);
    const wildcards = [subscribe(sublist, "foo.*"), subscribe(sublist, ">")];
    expect(take()).toEqual([]);
    const first = subscribe(sublist, "foo.bar");
    expect(take()).toEqual(["a true"]);
    const second = subscribe(sublist, "foo.bar");
    sublist.remove(first);
    sublist.removeBatch(wildcards);
    expect(take()).toEqual([]);
    expect(sublist.registerNotification("foo.bar", listen("b"))).toBe("registered");
    expect(take()).toEqual(["b true"]);
    sublist.remove(second);
    expect(take()).toEqual(["a false", "b false"]);
    sublist.insert(subjectBytes("foo.bar"), first);
    expect(take()).toEqual(["a true", "b true"]);
  });

  test("of the plain kind and of each queue group are apart", () => {
    const sublist = newSublist();
    sublist.registerNotification("foo", listen("plain"));
    sublist.registerQueueNotification("foo", "q", listen("q"));
    sublist.registerQueueNotification("foo", "r", listen("r"));
    expect(take()).toEqual(["plain false", "q false", "r false"]);
    const member = subscribe(sublist, "foo", "q");
    expect(take()).toEqual(["q true"]);
    subscribe(sublist, "foo", "q");
    const plain = subscribe(sublist, "foo");
    expect(take()).toEqual(["plain true"]);
    sublist.remove(plain);
    sublist.remove(member);
    expect(take()).toEqual(["plain false"]);
    const late = listen("late");
    expect(sublist.registerQueueNotification("foo", "q", late)).toBe("registered");
    expect(take()).toEqual(["late true"]);
    expect(sublist.clearQueueNotification("foo", "r", late)).toBe(false);
    expect(sublist.clearQueueNotification("foo", "q", late)).toBe(true);
  });

  test("are refused for wildcards and when they are there already", () => {
    const sublist = newSublist();
    const listener = listen("x");
    expect(sublist.registerNotification("foo.*", listener)).toBe("invalid subject");
    expect(sublist.registerNotification("foo", listener)).toBe("registered");
    expect(sublist.registerNotification("foo", listener)).toBe("already registered");
    expect(take()).toEqual(["x false"]);
    expect(sublist.clearNotification("foo", listener)).toBe(true);
    expect(sublist.clearNotification("foo", listener)).toBe(false);
    subscribe(sublist, "foo");
    expect(take()).toEqual([]);
  });

  test("may change the sublist while they are told", () => {
    const sublist = newSublist();
    sublist.registerNotification("foo", (hasInterest) => {
      if (hasInterest) subscribe(sublist, "bar");
    });
    sublist.registerNotification("bar", listen("bar"));
    subscribe(sublist, "foo");
    expect(take()).toEqual(["bar false", "bar true"]);
    expect(namesIn(sublist.match("bar"))).toEqual(["bar"]);
  });
});
