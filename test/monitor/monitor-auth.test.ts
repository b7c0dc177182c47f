/** `monitor_auth`: whom the monitoring port answers, and what is told of those it does not. */
import { describe, expect, test } from "bun:test";
import { hashPassword } from "../../src/auth/bcrypt.ts";
import { ConfiguredServer } from "../support/configured-server.ts";
import { command } from "../support/program.ts";
import { TEST_HOST } from "../support/running-server.ts";

const PATHS = ["/", "/varz", "/connz", "/healthz", "/debug/vars", "/none"];

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

const RIGHT = basic("watch", "dog-secret:1");

function ask(server: ConfiguredServer, path: string, authorization?: string): Promise<Response> {
  const headers: Record<string, string> = {};
  if (authorization !== undefined) headers["Authorization"] = authorization;
  return fetch(`http://${TEST_HOST}:${server.monitorPort}${path}`, { headers });
}

const statusOf = async (asked: Promise<Response>) => (await asked).status;

function config(password: string): string {
  return `monitor_auth { user: watch, password: "${password}" }`;
}

describe.each(["in clear", "as a bcrypt hash"])("with a password %s", (form) => {
  const configured = async () =>
    form === "in clear" ? "dog-secret:1" : await hashPassword("dog-secret:1", 4);

  test("every path asks for it, and answers who has it", async () => {
    await using server = await ConfiguredServer.start(config(await configured()));
    for (const path of PATHS) {
      const refused = await ask(server, path);
      expect(refused.status).toBe(401);
      expect(refused.headers.get("WWW-Authenticate")).toBe('Basic realm="midge", charset="UTF-8"');
      expect(await refused.text()).toBe("401 Unauthorized\n");
      expect(await statusOf(ask(server, path, RIGHT))).toBe(path === "/none" ? 404 : 200);
    }
  });

  test("nothing else opens the door", async () => {
    const password = await configured();
    await using server = await ConfiguredServer.start(config(password));
    // What was right once must not let in anything else.
    expect(await statusOf(ask(server, "/varz", RIGHT))).toBe(200);
    for (const wrong of [
      basic("watch", "dog-secret"),
      basic("watch", ""),
      basic("", "dog-secret:1"),
      basic("Watch", "dog-secret:1"),
      basic("watch:dog-secret", "1:"),
      basic("watch", password === "dog-secret:1" ? "dog-secret:2" : password),
      "Basic",
      "Basic !!!!",
      `Basic ${Buffer.from("watch").toString("base64")}`,
      RIGHT.replace("Basic", "Bearer"),
      `${RIGHT}, ${RIGHT}`,
      `Basic ${"A".repeat(8000)}`,
    ]) {
      expect(await statusOf(ask(server, "/varz", wrong)), wrong.slice(0, 60)).toBe(401);
    }
    expect(await statusOf(ask(server, "/varz", RIGHT))).toBe(200);
  });
});

describe("the log", () => {
  test("tells who was refused, once a second, and no secret", async () => {
    await using server = await ConfiguredServer.start(`${config("dog-secret:1")}\ndebug: true`);
    for (let i = 0; i < 5; i++) await ask(server, "/varz", basic("watch", "wrong-secret"));
    await server.logged(/Monitoring log-in refused - 127\.0\.0\.1/);
    expect(server.log.match(/Monitoring log-in refused/g)!.length).toBeLessThan(5);
    expect(server.log).not.toContain("secret");
  });
});

describe("a reload", () => {
  test("brings another password, and takes it away", async () => {
    await using server = await ConfiguredServer.start(config("dog-secret:1"));
    expect(await statusOf(ask(server, "/varz", RIGHT))).toBe(200);
    await server.reload(config("other"));
    expect(await statusOf(ask(server, "/varz", RIGHT))).toBe(401);
    expect(await statusOf(ask(server, "/varz", basic("watch", "other")))).toBe(200);
    await server.reload("max_connections: 100");
    expect(await statusOf(ask(server, "/varz"))).toBe(200);
  });
});

describe("a configuration", () => {
  test.each([
    ["monitor_auth: {}", "monitor_auth needs a user and a password"],
    ["monitor_auth { user: a }", "monitor_auth needs a user and a password"],
    ['monitor_auth { user: a, password: "" }', "monitor_auth needs a user and a password"],
    ['monitor_auth { user: "a:b", password: c }', "a user of monitor_auth has no colon"],
    ["monitor_auth { usr: a, password: c }", 'unknown field "usr", did you mean "user"?'],
    ["monitor_auth: open", "expected monitor_auth to be a map/struct"],
  ])("that says %s is refused", async (text, reason) => {
    await using server = await ConfiguredServer.start("");
    const lines = await server.reload(text);
    expect(lines.join("\n")).toContain(reason);
    expect(await statusOf(ask(server, "/varz"))).toBe(200);
  });
});

test("midge health takes the user and the password from the URL", async () => {
  await using server = await ConfiguredServer.start(config("dog-secret:1"));
  const health = (user: string) => {
    const url = `http://${user}${TEST_HOST}:${server.monitorPort}`;
    return Bun.spawn(command(["health", url]), { stdout: "pipe", stderr: "pipe" });
  };
  expect(await health("").exited).toBe(1);
  expect(await health("watch:dog-secret%3A1@").exited).toBe(0);
});
