/**
 * Replies over the system account, compared with what nats-server replies in the same situation:
 * two accounts that share subjects, and a client in each.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { shapeOf } from "../../support/shape.ts";
import { REFERENCE_REPLIES } from "./reference-replies.ts";
import { TWO_ACCOUNTS } from "../../support/two-accounts.ts";
import { SystemDesk } from "./system-desk.ts";

let desk: SystemDesk;

beforeAll(() => {
  desk = new SystemDesk(TWO_ACCOUNTS);
  const library = { lang: "js", version: "1.0" };
  const { monitored } = desk;
  monitored.connect({ user: "a", name: "alice", ...library }, "SUB svc.x 1", "SUB foo.bar q1 2");
  monitored.connect({ user: "b", name: "bee", ...library }, "SUB x 1", "UNSUB 1 5");
});

interface Failure {
  readonly code: number;
  readonly description: string;
}

/** As it is recorded: the server has fields of its own, and so have Go's errors about JSON. */
function described(reply: unknown): string {
  if (reply === undefined) return "nothing";
  if (typeof reply === "number") return String(reply);
  const { server, error, ...others } = reply as { server?: object; error?: Failure };
  const order = Object.keys(reply as object);
  const all = { ...others, ...(server && { server: "" }), ...(error && { error }) };
  const shape = shapeOf(Object.fromEntries(order.map((name) => [name, Reflect.get(all, name)])));
  if (error === undefined) return shape;
  return `${shape} ${error.code}${error.code === 500 ? ` ${error.description}` : ""}`;
}

describe("the reply is nats-server's to", () => {
  test.each(REFERENCE_REPLIES)("%s %s", async (subject, body, reply) => {
    const request = subject.replace(".ID.", `.${desk.id}.`);
    expect(described(await desk.ask(request, body))).toBe(reply);
  });
});
