/** What accounts have of the system account without asking for it. */
import { describe, expect, test } from "bun:test";
import { isValidPublishSubject, subjectIsSubset } from "../../../src/subject/subject.ts";
import { SYSTEM_EXPORTS, systemImports } from "../../../src/monitor/system-services.ts";
import { SystemDesk, settled } from "./system-desk.ts";

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

describe("a client of an ordinary account", () => {
  /** What it gets for a request, as JSON has it; undefined for nothing. */
  async function answerTo(subject: string, body = ""): Promise<unknown> {
    const desk = new SystemDesk(`
      accounts {
        A { users: [{ user: a, password: a, permissions: { publish: { deny: x } } }] }
        B { users: [{ user: b, password: b }] }
      }`);
    for (const account of desk.monitored.broker.accounts.values()) desk.giveServices(account);
    desk.monitored.connect({ user: "b" });
    const fields = { user: "a", name: "alice", lang: "js", headers: true };
    const { client, transport } = desk.monitored.connect(fields, "SUB inbox 1");
    client.onBytes(Buffer.from(`PUB ${subject} inbox ${body.length}\r\n${body}\r\n`));
    await settled();
    client.context.flushQueue.flush();
    const [, json] = /^H?MSG inbox 1 .*\r\n([\s\S]*)\r\n$/.exec(transport.read()) ?? [];
    return json === undefined ? undefined : JSON.parse(json);
  }

  test.each(["$SYS.REQ.ACCOUNT.PING.CONNZ", "$SYS.REQ.SERVER.PING.CONNZ"])(
    "learns of its own account's connections from %s",
    async (subject) => {
      for (const body of ["", '{"acc":"B"}']) {
        expect(await answerTo(subject, body)).toMatchObject({
          data: { total: 1, connections: [{ name: "alice" }] },
        });
      }
    },
  );

  test("learns of its own account's traffic", async () => {
    for (const body of ["", '{"accounts":["B"]}']) {
      expect(await answerTo("$SYS.REQ.ACCOUNT.PING.STATZ", body)).toMatchObject({
        data: { account_statz: [{ acc: "A" }] },
      });
    }
  });

  test("learns who it is and what it may do", async () => {
    expect(await answerTo("$SYS.REQ.USER.INFO")).toMatchObject({
      data: { user: "a", account: "A", permissions: { publish: { deny: ["x"] } } },
    });
  });

  test.each(["$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.ACCOUNT.B.CONNZ", "$SYS.DEBUG.SUBSCRIBERS"])(
    "gets nothing from %s",
    async (subject) => expect(await answerTo(subject)).toBeUndefined(),
  );
});
