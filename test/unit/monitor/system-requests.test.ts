/** Which requests over the system account there are, and when answers are loaded. */
import { describe, expect, test } from "bun:test";
import { requestSubjects } from "../../../src/monitor/system-requests.ts";
import { SystemDesk } from "./system-desk.ts";

describe("the subjects", () => {
  const subjects = requestSubjects("ID");

  test("name this server, or all servers", () => {
    for (const name of ["VARZ", "CONNZ", "STATSZ", "IDZ", "PROFILEZ"]) {
      expect(subjects).toContain(`$SYS.REQ.SERVER.ID.${name}`);
      expect(subjects).toContain(`$SYS.REQ.SERVER.PING.${name}`);
    }
    expect(subjects).toContain("$SYS.REQ.SERVER.PING");
  });

  test("do not let all servers be reloaded or their clients be closed at once", () => {
    for (const name of ["RELOAD", "KICK", "LDM"]) {
      expect(subjects).toContain(`$SYS.REQ.SERVER.ID.${name}`);
      expect(subjects).not.toContain(`$SYS.REQ.SERVER.PING.${name}`);
    }
  });

  test("are each there once", () => expect(new Set(subjects).size).toBe(subjects.length));

  test("match no request twice", () => {
    const desk = new SystemDesk();
    desk.openInbox();
    const { sublist } = desk.monitored.broker.systemAccount!;
    for (const subject of ["$SYS.REQ.ACCOUNT.PING.STATZ", "$SYS.REQ.ACCOUNT.NSUBS"]) {
      expect(sublist.numInterest(subject)).toEqual({ plain: 1, queues: 0 });
    }
  });
});

describe("listening", () => {
  const all = requestSubjects("ID").length;
  const listens = (desk: SystemDesk) => desk.monitored.broker.systemAccount!.sublist.count >= all;

  test("begins with the first subscription that answers could come to", () => {
    const desk = new SystemDesk();
    expect(listens(desk)).toBe(false);
    desk.asker.subscribe("_INBOX.x", () => {});
    expect(listens(desk)).toBe(true);
    desk.asker.subscribe("_INBOX.y", () => {});
    expect(desk.monitored.broker.systemAccount!.sublist.count).toBe(all + 2);
  });

  test("does not begin with those who only hear requests, such as imports", () => {
    const desk = new SystemDesk();
    desk.giveServices(desk.monitored.broker.systemAccount!);
    expect(listens(desk)).toBe(false);
  });

  test("begins with the first request from another account", () => {
    const desk = new SystemDesk();
    const { broker } = desk.monitored;
    desk.giveServices(broker.globalAccount);
    desk.monitored.connect({}, "SUB inbox 1", "PUB $SYS.REQ.USER.INFO inbox 0\r\n");
    expect(listens(desk)).toBe(true);
  });
});

describe("a request", () => {
  test("is answered by this server and as one of all servers", async () => {
    const desk = new SystemDesk();
    for (const subject of [`$SYS.REQ.SERVER.${desk.id}.VARZ`, "$SYS.REQ.SERVER.PING.VARZ"]) {
      expect(await desk.ask(subject)).toMatchObject({ data: { server_id: desk.id } });
    }
  });

  test("to another server finds nobody", () => {
    const desk = new SystemDesk();
    desk.openInbox();
    const subject = "$SYS.REQ.SERVER.NOBODY.VARZ";
    expect(desk.asker.publish({ subject, reply: "x", payload: "" })).toBe(false);
  });

  test("of the first ones is answered once everything is loaded, in order", async () => {
    const desk = new SystemDesk();
    desk.openInbox();
    desk.asker.publish({
      subject: "$SYS.REQ.SERVER.PING.IDZ",
      reply: "_INBOX.desk.0",
      payload: "",
    });
    const answers = await desk.answersTo("$SYS.REQ.SERVER.PING.VARZ");
    expect(answers.map(({ payload }) => payload.length > 1000)).toEqual([false, true]);
    expect(desk.deeds).toEqual(["end of turn", "end of turn"]);
  });

  test("is dropped when the server is about to end", async () => {
    const desk = new SystemDesk("", { events: async () => undefined });
    expect(await desk.ask("$SYS.REQ.SERVER.PING.IDZ")).toBeUndefined();
    expect(desk.errors).toEqual([]);
  });

  test("that cannot be answered since something cannot be loaded is in the log", async () => {
    const events = () => Promise.reject(new Error("no events"));
    const desk = new SystemDesk("", { events });
    expect(await desk.ask("$SYS.REQ.SERVER.PING.IDZ")).toBeUndefined();
    expect(desk.errors).toEqual([
      "Internal error while answering $SYS.REQ.SERVER.PING.IDZ: no events",
    ]);
  });
});
