/** What requests over the system account get: of the server, of one account, and done. */
import { describe, expect, test } from "bun:test";
import { FIRST_CID, SystemDesk } from "./system-desk.ts";

const TWO_ACCOUNTS = `
accounts {
  A { users: [{ user: a, password: a }] }
  B { users: [{ user: b, password: b }] }
}`;

/** A body that names the first client. */
const FIRST = JSON.stringify({ cid: FIRST_CID });

describe("of the server", () => {
  test.each([
    ["VARZ", "", { server_name: "test", mem: 1024 }],
    ["SUBSZ", '{"subscriptions":true,"limit":1}', { limit: 1 }],
    ["CONNZ", '{"state":2,"limit":1,"auth":true}', { limit: 1, num_connections: 1 }],
    ["ROUTEZ", "", { num_routes: 0 }],
    ["GATEWAYZ", "", { outbound_gateways: {} }],
    ["LEAFZ", "", { leafnodes: 0 }],
    ["ACCOUNTZ", '{"account":"A"}', { account_detail: { account_name: "A" } }],
    ["JSZ", "", { disabled: true }],
    ["HEALTHZ", "", { status: "ok", status_code: 200 }],
    ["HEALTHZ", '{"stream":"s"}', { status: "error", status_code: 400 }],
    ["PROFILEZ", "", { profile: null, error: "Profile name not specified" }],
    ["EXPVARZ", "", { memstats: {}, cmdline: [] }],
    ["IPQUEUESZ", '{"all":true}', {}],
    ["RAFTZ", "", {}],
  ])("%s %s", async (name, body, data) => {
    const desk = new SystemDesk(TWO_ACCOUNTS);
    desk.monitored.connect({ user: "a" });
    const answer = await desk.askServer(name, body);
    if (name === "EXPVARZ") expect(answer).toHaveProperty("data.memstats.Alloc");
    else expect(answer).toMatchObject({ data });
  });

  test("an account that does not exist is an error", async () => {
    const description = "Account none does not exist";
    expect(await new SystemDesk().askServer("ACCOUNTZ", '{"account":"none"}')).toMatchObject({
      error: { code: 500, description },
    });
  });
});

describe("of one account", () => {
  const about = async (name: string, body = "") => {
    const desk = new SystemDesk(TWO_ACCOUNTS);
    desk.monitored.connect({ user: "a" }, "SUB x 1");
    desk.monitored.connect({ user: "b" });
    return desk.ask(`$SYS.REQ.ACCOUNT.${name}`, body);
  };

  test("SUBSZ lists subscriptions without being asked to", async () => {
    expect(await about("A.SUBSZ")).toMatchObject({
      data: { total: 1, subscriptions_list: [{ account: "A", subject: "x", cid: FIRST_CID }] },
    });
    expect(await about("none.SUBSZ")).toMatchObject({ data: { total: 0 } });
  });

  test("CONNZ has no other account's connections, whatever the body says", async () => {
    for (const body of ["", '{"acc":"B"}', '{"ACC":"B"}']) {
      expect(await about("A.CONNZ", body)).toMatchObject({
        data: { total: 1, connections: [{ cid: FIRST_CID }] },
      });
    }
    expect(await about("A.CONNZ", `{"cid":${FIRST_CID + 1}}`)).toMatchObject({
      data: { connections: [] },
    });
  });

  test("INFO is the detail of the account", async () => {
    expect(await about("A.INFO")).toMatchObject({ data: { account_name: "A" } });
    expect(await about("none.INFO")).toMatchObject({ error: { code: 500 } });
  });

  test("STATZ is about the account alone, and only if it is used or asked for", async () => {
    const statz = { data: { account_statz: [{ acc: "A", conns: 1 }] } };
    expect(await about("A.STATZ")).toMatchObject(statz);
    expect(await about("A.STATZ", '{"accounts":["B"]}')).toMatchObject(statz);
    expect(await about("$G.STATZ")).toBeUndefined();
    expect(await about("$G.STATZ", '{"include_unused":true}')).toMatchObject({
      data: { account_statz: [{ acc: "$G", conns: 0 }] },
    });
    expect(await about("none.STATZ")).toBeUndefined();
  });

  test("STATZ of all accounts is about those that are used, or named", async () => {
    expect(await about("PING.STATZ")).toMatchObject({
      data: { account_statz: [{ acc: "A" }, { acc: "B" }] },
    });
    expect(await about("PING.STATZ", '{"accounts":["B","none"]}')).toMatchObject({
      data: { account_statz: [{ acc: "B" }] },
    });
    expect(await about("PING.STATZ", '{"accounts":["none"]}')).toBeUndefined();
  });

  test("LEAFZ is empty and JSZ an error", async () => {
    expect(await about("A.LEAFZ")).toMatchObject({ data: { leafnodes: 0 } });
    const description = "jetstream not enabled";
    expect(await about("A.JSZ")).toMatchObject({ data: null, error: { code: 500, description } });
  });

  test("names of accounts are read as UTF-8", async () => {
    const desk = new SystemDesk("accounts { \u00e9 {} }");
    const subject = `$SYS.REQ.ACCOUNT.${Buffer.from("\u00e9").toString("latin1")}.INFO`;
    expect(await desk.ask(subject)).toMatchObject({ data: { account_name: "\u00e9" } });
  });
});

describe("reloading", () => {
  test("is done, and answered without data", async () => {
    const desk = new SystemDesk();
    const answer = await desk.askServer("RELOAD");
    expect(answer).toMatchObject({ server: { id: desk.id } });
    expect(Object.keys(answer as object)).toEqual(["server"]);
    expect(desk.deeds).toContain("reload");
    expect(desk.deeds.at(-1)).toBe("end of turn");
  });

  test("that is refused is an error", async () => {
    const desk = new SystemDesk();
    desk.refusal = "config reload not supported for Host";
    const answer = await desk.askServer("RELOAD");
    expect(answer).toMatchObject({ error: { code: 500, description: desk.refusal } });
    expect(answer).not.toHaveProperty("data");
  });

  test("is not done for another server", async () => {
    const desk = new SystemDesk();
    expect(await desk.askServer("RELOAD", '{"server_name":"other"}')).toBeUndefined();
    expect(desk.deeds).not.toContain("reload");
  });
});

describe("kicking a client", () => {
  test("closes it", async () => {
    const desk = new SystemDesk();
    const { client } = desk.monitored.connect();
    expect(Object.keys((await desk.askServer("KICK", FIRST)) as object)).toEqual(["server"]);
    expect(client.closeReason?.text).toBe("Kicked");
  });

  test("that does not exist is an error", async () => {
    const description = "no such client or leafnode id";
    for (const body of ['{"cid":99}', "{}"]) {
      expect(await new SystemDesk().askServer("KICK", body)).toMatchObject({
        error: { code: 500, description },
      });
    }
  });

  test("that nobody waits for is not done", async () => {
    const desk = new SystemDesk();
    const { client } = desk.monitored.connect();
    await desk.tell(`$SYS.REQ.SERVER.${desk.id}.KICK`, FIRST);
    expect(client.closeReason).toBeUndefined();
  });

  test("with a body that does not say which goes to the log", async () => {
    const desk = new SystemDesk();
    for (const body of ["", "{", '{"cid":"x"}']) {
      expect(await desk.askServer("KICK", body)).toBeUndefined();
    }
    expect(desk.errors).toHaveLength(3);
    for (const error of desk.errors) {
      expect(error).toStartWith("Error unmarshalling kick client request: ");
    }
  });
});

describe("warning a client", () => {
  test("is done if it can be told", async () => {
    const desk = new SystemDesk();
    desk.monitored.connect();
    desk.warnable.add(FIRST_CID);
    expect(Object.keys((await desk.askServer("LDM", FIRST)) as object)).toEqual(["server"]);
    expect(desk.deeds).toContain(`warn ${FIRST_CID}`);
  });

  test("is an error if it cannot, or does not exist", async () => {
    const desk = new SystemDesk();
    desk.monitored.connect();
    expect(await desk.askServer("LDM", FIRST)).toHaveProperty(
      "error.description",
      "client does not support Lame Duck Mode or is not ready to receive the notification",
    );
    expect(await desk.askServer("LDM", '{"cid":9}')).toHaveProperty(
      "error.description",
      "no such client id",
    );
  });
});
