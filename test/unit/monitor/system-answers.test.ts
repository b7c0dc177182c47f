/** Answers over the system account: envelopes, filters, errors, and those in forms of their own. */
import { describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { FIRST_CID, SystemDesk } from "./system-desk.ts";

const TWO_ACCOUNTS = `
accounts {
  A { users: [{ user: a, password: a }] }
  B { users: [{ user: b, password: b }] }
}`;

describe("the envelope", () => {
  test("has the server with a number for each answer, and the data", async () => {
    const desk = new SystemDesk();
    const server = { name: "test", host: "10.1.2.3", id: desk.id, jetstream: false, flags: 0 };
    expect(await desk.askServer("LEAFZ")).toMatchObject({ server: { ...server, seq: 1 } });
    expect(await desk.askServer("LEAFZ")).toMatchObject({
      server: { ...server, seq: 2 },
      data: { leafnodes: 0, leafs: [] },
    });
  });

  test("has an error in place of data for a body that cannot be read", async () => {
    const desk = new SystemDesk();
    const answer = await desk.askServer("SUBSZ", '{"limit":"x"}');
    const description = "json: cannot unmarshal string into field limit of type int";
    expect(answer).toMatchObject({ error: { code: 400, description } });
    expect(answer).not.toHaveProperty("data");
    expect(await desk.askServer("SUBSZ", "{")).toMatchObject({ error: { code: 400 } });
    expect(await desk.askServer("SUBSZ", "[]")).toMatchObject({ error: { code: 400 } });
  });

  test("has an error and no data for what goes wrong afterwards", async () => {
    const desk = new SystemDesk();
    const description = "invalid sorting option: x";
    expect(await desk.askServer("CONNZ", '{"sort":"x"}')).toMatchObject({
      data: null,
      error: { code: 500, description },
    });
  });
});

describe("there is no answer", () => {
  test("where nobody waits for it", async () => {
    const desk = new SystemDesk();
    await desk.tell(`$SYS.REQ.SERVER.${desk.id}.VARZ`);
    await desk.tell(`$SYS.REQ.SERVER.${desk.id}.RELOAD`);
    expect(desk.deeds).not.toContain("reload");
  });

  test.each([
    '{"server_name":"other"}',
    '{"server_name":"tes","exact_match":true}',
    '{"tags":["edge","other"]}',
    '{"cluster":"c"}',
    '{"domain":"d"}',
  ])("to a request for other servers: %s", async (body) => {
    const desk = new SystemDesk();
    expect(await desk.askServer("VARZ", body)).toBeUndefined();
    expect(await desk.askServer("STATSZ", body)).toBeUndefined();
  });

  test("to a request for the leader of JetStream", async () => {
    expect(await new SystemDesk().askServer("JSZ", '{"leader_only":true}')).toBeUndefined();
  });
});

describe("an encoding", () => {
  test("is gzip where that is accepted", async () => {
    const desk = new SystemDesk();
    const subject = `$SYS.REQ.SERVER.${desk.id}.VARZ`;
    const [answer] = await desk.answersTo(subject, "", "Accept-Encoding: gzip");
    expect(answer!.headers).toBe("NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n");
    expect(JSON.parse(gunzipSync(answer!.payload).toString())).toHaveProperty("data.server_id");
  });

  test("that there is not is said, and errors have none", async () => {
    const desk = new SystemDesk();
    const subject = `$SYS.REQ.SERVER.${desk.id}.SUBSZ`;
    const [plain] = await desk.answersTo(subject, "", "Accept-Encoding: deflate");
    expect(plain!.headers).toContain("Content-Encoding: identity");
    const [failed] = await desk.answersTo(subject, "{", "Accept-Encoding: gzip");
    expect(failed!.headers).toBe("");
  });

  test("is not used where none is asked for", async () => {
    const desk = new SystemDesk();
    const [answer] = await desk.answersTo(`$SYS.REQ.SERVER.${desk.id}.VARZ`, "", "Other: x");
    expect(answer!.headers).toBe("");
  });
});

describe("in forms of their own", () => {
  test("the identity comes alone, whatever the body says", async () => {
    const desk = new SystemDesk();
    const identity = { name: "test", host: "10.1.2.3", id: desk.id };
    expect(await desk.ask("$SYS.REQ.SERVER.PING.IDZ", '{"server_name":"x"}')).toEqual(identity);
    expect(await desk.askServer("IDZ", "{")).toEqual(identity);
  });

  test("statistics come to who asks, or to all where nobody waits", async () => {
    const desk = new SystemDesk();
    for (const subject of ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.STATSZ"]) {
      expect(await desk.ask(subject)).toMatchObject({
        server: { id: desk.id },
        statsz: { cores: 4 },
      });
    }
    await desk.tell("$SYS.REQ.SERVER.PING");
    expect(desk.deeds).toContain("broadcast");
    expect(await desk.ask("$SYS.REQ.SERVER.PING", "{")).toMatchObject({ error: { code: 400 } });
  });

  test("connections of an account come as an event, if there are any", async () => {
    const desk = new SystemDesk(TWO_ACCOUNTS);
    desk.monitored.connect({ user: "a" });
    const event = {
      type: "io.nats.server.advisory.v1.account_connections",
      server: { id: desk.id },
      ...{ acc: "A", conns: 1, total_conns: 1 },
    };
    expect(await desk.ask("$SYS.REQ.ACCOUNT.A.CONNS")).toMatchObject(event);
    expect(await desk.ask("$SYS.REQ.ACCOUNT.A.CONNS", '{"acc":"A"}')).toMatchObject(event);
    expect(await desk.ask("$SYS.REQ.ACCOUNT.B.CONNS")).toBeUndefined();
    expect(await desk.ask("$SYS.REQ.ACCOUNT.none.CONNS")).toBeUndefined();
    expect(desk.errors).toEqual([]);
  });

  test("a request for connections of another account than its subject's is in the log", async () => {
    const desk = new SystemDesk(TWO_ACCOUNTS);
    expect(await desk.ask("$SYS.REQ.ACCOUNT.A.CONNS", '{"acc":"B"}')).toBeUndefined();
    expect(await desk.ask("$SYS.REQ.ACCOUNT.A.CONNS", '{"acc":1}')).toBeUndefined();
    expect(desk.errors).toEqual([
      "Error unmarshalled account does not match subject",
      "Error unmarshalling account connections request message: " +
        "json: cannot unmarshal number 1 into field acc of type string",
    ]);
  });
});

describe("counts of subscriptions", () => {
  function withSubscribers(): SystemDesk {
    const desk = new SystemDesk(TWO_ACCOUNTS);
    const lines = ["SUB svc.> 1", "SUB foo.bar q1 2", "SUB foo.* 3", "SUB foo.bar 4"];
    desk.monitored.connect({ user: "a" }, ...lines);
    return desk;
  }

  const FROM_A = 'Nats-Request-Info: {"acc":"A"}';

  test.each([
    ["foo.bar", 3],
    ["foo.bar q1", 1],
    ["foo.*", 3],
    ["> q1", 1],
    [">", 4],
    ["  foo.bar  ", 3],
    ["", 0],
    ["none", 0],
  ])("for '%s' of the requester's account are %i", async (body, count) => {
    expect(await withSubscribers().ask("$SYS.DEBUG.SUBSCRIBERS", body, FROM_A)).toBe(count);
  });

  test("leave out what the server has subscribed to", async () => {
    expect(await withSubscribers().ask("$SYS.DEBUG.SUBSCRIBERS", "$SYS.>")).toBe(0);
  });

  test("are not for those who do not say who they are, or from nowhere", async () => {
    const desk = withSubscribers();
    const subject = "$SYS.DEBUG.SUBSCRIBERS";
    expect(await desk.ask(subject, "foo.bar", "Other: x")).toBeUndefined();
    const unknown = 'Nats-Request-Info: {"acc":"none"}';
    expect(await desk.ask(subject, "foo.bar", unknown)).toBeUndefined();
  });

  test("go to other servers by account, subject and group", async () => {
    const desk = withSubscribers();
    const ask = (body: string) => desk.ask("$SYS.REQ.ACCOUNT.NSUBS", body);
    expect(await ask('{"acc":"A","subject":"foo.bar"}')).toBe(3);
    expect(await ask('{"acc":"A","subject":"foo.bar","queue":"cTE="}')).toBe(1);
    expect(await ask('{"acc":"B","subject":"foo.bar"}')).toBeUndefined();
    expect(await ask('{"acc":"none","subject":"foo.bar"}')).toBeUndefined();
    expect(desk.errors).toEqual([]);
    expect(await ask("")).toBeUndefined();
    expect(desk.errors).toEqual(["request requires a body"]);
  });
});

describe("information about a user", () => {
  test("is told of who asks, with what it may do", async () => {
    const desk = new SystemDesk(`
      accounts {
        A { users: [{ user: a, password: a, permissions: { publish: "x.>" } }] }
      }`);
    desk.monitored.connect({ user: "a" });
    const info = `Nats-Request-Info: {"acc":"A","user":"a","id":${FIRST_CID}}`;
    expect(await desk.ask("$SYS.REQ.USER.A.INFO", "", info)).toMatchObject({
      data: {
        ...{ user: "a", account: "A", account_name: "A" },
        permissions: { publish: { allow: ["x.>"] }, subscribe: {} },
      },
    });
  });

  test("is empty for who asks directly, and an error for who does not say", async () => {
    const desk = new SystemDesk();
    const subject = "$SYS.REQ.USER.A.INFO";
    expect(await desk.ask(subject)).toMatchObject({ data: { user: "", account: "" } });
    const refused = await desk.ask(subject, "", "Other: x");
    expect(refused).toMatchObject({ error: { code: 400 } });
    expect(refused).not.toHaveProperty("error.description");
  });
});
