/**
 * The official client for JavaScript with users, permissions and accounts: what applications see of
 * services and streams of other accounts, and of what they may not do.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  AuthorizationError,
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
  NoRespondersError,
  PermissionViolationError,
  TimeoutError,
  connect,
  headers,
  nkeyAuthenticator,
  nkeys,
} from "@nats-io/transport-node";
import { startMidge } from "../support/midge.ts";
import type { RunningServer } from "../support/running-server.ts";

const known = nkeys.createUser();
const unknown = nkeys.createUser();

const CONFIG = `accounts {
  BACKEND {
    users: [ {user: backend, password: b} ]
    exports: [
      {service: "api.*", response: stream}
      {stream: "news.>"}
    ]
    mappings: { "old.*": "api.$1" }
  }
  SHOP {
    users: [
      {user: shop, password: s}
      {user: clerk, password: c, permissions: {
        publish: {allow: ["api.order", "shop.>"], deny: "shop.secret"}
        subscribe: {allow: ["_INBOX.>", "shop.>"], deny: "shop.secret"}
      }}
      {nkey: ${known.getPublicKey()}}
    ]
    imports: [
      {service: {account: BACKEND, subject: "api.*"}}
      {stream: {account: BACKEND, subject: "news.>"}, to: "shop.news.>"}
    ]
  }
  OTHER { users: [ {user: other, password: o} ] }
}`;

let server: RunningServer;

beforeAll(async () => {
  server = await startMidge(new Map(), CONFIG);
});

afterAll(() => server.stop());

function client(options: ConnectionOptions): Promise<NatsConnection> {
  return connect({ servers: `${server.host}:${server.port}`, reconnect: false, ...options });
}

const backend = () => client({ user: "backend", pass: "b" });
const shop = () => client({ user: "shop", pass: "s" });
const clerk = () => client({ user: "clerk", pass: "c" });

/** Answers requests to `subject` until the connection ends. */
async function serve(nc: NatsConnection, subject: string, answer: (request: Msg) => void) {
  nc.subscribe(subject, { callback: (_error, request) => answer(request) });
  await nc.flush();
}

/** What the client is told of a thing that it may not do. */
async function violation(nc: NatsConnection, act: () => void): Promise<unknown> {
  const statuses = nc.status();
  act();
  for await (const status of statuses) if (status.type === "error") return status.error;
  return undefined;
}

describe("a service of another account", () => {
  test("answers requests, with headers and who asks", async () => {
    await using responder = await backend();
    await using requester = await shop();
    await serve(responder, "api.*", (request) => {
      const info = request.headers?.get("Nats-Request-Info") ?? "{}";
      const answerHeaders = headers();
      answerHeaders.set("Asked-By", String(JSON.parse(info)["acc"]));
      answerHeaders.set("Trace", request.headers?.get("Trace") ?? "");
      request.respond(`${request.subject} ${request.string()}`, { headers: answerHeaders });
    });
    for (let i = 0; i < 20; i++) {
      const trace = headers();
      trace.set("Trace", String(i));
      const answer = await requester.request("api.order", `number ${i}`, {
        headers: trace,
        timeout: 5000,
      });
      expect(answer.string()).toBe(`api.order number ${i}`);
      expect(answer.headers?.get("Asked-By")).toBe("SHOP");
      expect(answer.headers?.get("Trace")).toBe(String(i));
    }
  });

  test("answers many requests at once, each its own", async () => {
    await using responder = await backend();
    await using requester = await shop();
    await serve(responder, "api.echo", (request) => void request.respond(request.data));
    const texts = Array.from({ length: 500 }, (_, i) => `request ${i}`);
    const answers = await Promise.all(
      texts.map((text) => requester.request("api.echo", text, { timeout: 10_000 })),
    );
    expect(answers.map((answer) => answer.string())).toEqual(texts);
  });

  test("streams its answers up to the empty one", async () => {
    await using responder = await backend();
    await using requester = await shop();
    await serve(responder, "api.list", (request) => {
      for (const part of ["one", "two", "three", ""]) request.respond(part);
    });
    const answers = await requester.requestMany("api.list", "", {
      strategy: "sentinel",
      maxWait: 5000,
    });
    const texts: string[] = [];
    for await (const answer of answers) texts.push(answer.string());
    expect(texts.filter((text) => text !== "")).toEqual(["one", "two", "three"]);
  });

  test("without a responder is reported at once", async () => {
    await using requester = await shop();
    const asked = requester.request("api.nobody", "", { timeout: 10_000 });
    expect(await asked.catch((error: unknown) => cause(error))).toBeInstanceOf(NoRespondersError);
  });

  test("that does not answer leads to the client's own timeout", async () => {
    await using responder = await backend();
    await using requester = await shop();
    await serve(responder, "api.silent", () => {});
    const asked = requester.request("api.silent", "", { timeout: 200 });
    expect(await asked.catch((error: unknown) => error)).toBeInstanceOf(TimeoutError);
  });

  test("is not there for accounts that do not import it", async () => {
    await using responder = await backend();
    await using requester = await client({ user: "other", pass: "o" });
    await serve(responder, "api.*", (request) => void request.respond("hi"));
    const asked = requester.request("api.order", "", { timeout: 10_000 });
    expect(await asked.catch((error: unknown) => cause(error))).toBeInstanceOf(NoRespondersError);
  });
});

/** The error that a request has failed for. */
function cause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

test("a stream of another account comes under its local subject, in order", async () => {
  await using publisher = await backend();
  await using subscriber = await shop();
  const all = subscriber.subscribe("shop.news.>", { max: 100 });
  const one = subscriber.subscribe("shop.news.sport.7", { max: 1 });
  await subscriber.flush();
  for (let i = 0; i < 100; i++) publisher.publish(`news.sport.${i}`, String(i));
  const got: string[] = [];
  for await (const message of all) got.push(`${message.subject} ${message.string()}`);
  expect(got).toEqual(Array.from({ length: 100 }, (_, i) => `shop.news.sport.${i} ${i}`));
  for await (const message of one) expect(message.string()).toBe("7");
});

test("a mapping of the own account leads to its service", async () => {
  await using responder = await backend();
  await using requester = await backend();
  await serve(responder, "api.order", (request) => void request.respond(request.subject));
  const answer = await requester.request("old.order", "", { timeout: 5000 });
  expect(answer.string()).toBe("api.order");
});

describe("a user with permissions", () => {
  test("does what it may, also by way of imports", async () => {
    await using responder = await backend();
    await using limited = await clerk();
    await serve(responder, "api.order", (request) => void request.respond("done"));
    const answer = await limited.request("api.order", "", { timeout: 5000 });
    expect(answer.string()).toBe("done");
    const news = limited.subscribe("shop.news.>", { max: 1 });
    await limited.flush();
    responder.publish("news.x", "fresh");
    for await (const message of news) expect(message.string()).toBe("fresh");
  });

  test("is told what it may not publish, and stays connected", async () => {
    await using limited = await clerk();
    for (const subject of ["shop.secret", "api.cancel", "anything"]) {
      const error = await violation(limited, () => limited.publish(subject, ""));
      expect(error).toBeInstanceOf(PermissionViolationError);
      expect(error).toMatchObject({ operation: "publish", subject });
    }
    await limited.flush();
  });

  test("is told what it may not subscribe to, and its subscription ends", async () => {
    await using limited = await clerk();
    let ended: unknown;
    const subscribe = () => {
      limited.subscribe("shop.secret", { queue: "q", callback: (error) => void (ended = error) });
    };
    const error = await violation(limited, subscribe);
    expect(error).toMatchObject({ operation: "subscription", subject: "shop.secret", queue: "q" });
    await limited.flush();
    expect(ended).toBeInstanceOf(PermissionViolationError);
  });

  test("gets nothing that it may not have by a wildcard", async () => {
    await using limited = await clerk();
    await using other = await shop();
    const sub = limited.subscribe("shop.*", { max: 1 });
    await limited.flush();
    other.publish("shop.secret", "no");
    other.publish("shop.open", "yes");
    for await (const message of sub) expect(message.string()).toBe("yes");
  });
});

describe("a user with an nkey", () => {
  const keyOf = (key: typeof known) => client({ authenticator: nkeyAuthenticator(key.getSeed()) });

  test("logs in by signing, and works in its account", async () => {
    await using responder = await backend();
    await using holder = await keyOf(known);
    await serve(responder, "api.order", (request) => void request.respond("done"));
    const answer = await holder.request("api.order", "", { timeout: 5000 });
    expect(answer.string()).toBe("done");
  });

  test("of another key is refused, and so is the key without a signature", async () => {
    const refused = await keyOf(unknown).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AuthorizationError);
    const unsigned = client({ authenticator: () => ({ nkey: known.getPublicKey(), sig: "" }) });
    expect(await unsigned.catch((error: unknown) => error)).toBeInstanceOf(AuthorizationError);
  });
});
