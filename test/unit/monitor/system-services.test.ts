/** What accounts have of the system account without asking for it. */
import { describe, expect, test } from "bun:test";
import { isValidPublishSubject, subjectIsSubset } from "../../../src/subject/subject.ts";
import { SYSTEM_EXPORTS, systemImports } from "../../../src/monitor/system-services.ts";

describe("imports", () => {
  test("are of exports, under subjects that name the account", () => {
    for (const { service, subject, localSubject } of systemImports("A", false)) {
      expect(SYSTEM_EXPORTS).toContain(service);
      expect(subjectIsSubset(subject, service.subject)).toBe(true);
      expect(subject.split(".")).toContain("A");
      expect(isValidPublishSubject(localSubject)).toBe(true);
    }
  });

  test("keep an account's name as it is", () => {
    expect(systemImports("$&", false)[0]?.subject).toBe("$SYS.REQ.ACCOUNT.$&.CONNZ");
  });

  test("let only the information about users know who asks", () => {
    const shared = systemImports("A", false).filter(({ isShared }) => isShared);
    expect(shared.map(({ localSubject }) => localSubject)).toEqual(["$SYS.REQ.USER.INFO"]);
  });

  test("of the system account itself are the information about users", () => {
    expect(systemImports("$SYS", true)).toMatchObject([
      { subject: "$SYS.REQ.USER.$SYS.INFO", localSubject: "$SYS.REQ.USER.INFO" },
    ]);
  });

  test.each(["a.b", "*", ">", "a b", "", "PING"])("are none for an account named '%s'", (name) => {
    expect(systemImports(name, false)).toEqual([]);
  });
});

test("exports of an account's connections and statistics are for that account alone", () => {
  const limited = SYSTEM_EXPORTS.filter(({ accountTokenPosition }) => accountTokenPosition > 0);
  expect(limited.map(({ subject }) => subject)).toEqual([
    "$SYS.REQ.ACCOUNT.*.CONNZ",
    "$SYS.REQ.ACCOUNT.*.STATZ",
  ]);
  for (const { subject, accountTokenPosition } of limited) {
    expect(subject.split(".")[accountTokenPosition - 1]).toBe("*");
  }
});
