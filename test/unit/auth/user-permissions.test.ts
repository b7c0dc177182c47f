/** Whose permissions a user has: its own, or those of where it is listed. */
import { expect, test } from "bun:test";
import { Configured, KeyHolder } from "./configured.ts";

const holder = new KeyHolder();
const server = new Configured(`
  authorization {
    default_permissions: { publish: default }
    users: [ { user: plain }, { user: own, permissions: { publish: own } } ]
  }
  accounts {
    A { users: [ { user: a }, { user: aOwn, permissions: { publish: own } } ] }
    B {
      default_permissions: { publish: b }
      users: [
        { user: b }, { user: bOwn, permissions: { subscribe: s } }, { nkey: ${holder.nkey} }
      ]
    }
  }`);

test.each([
  ["plain", ["default"]],
  ["own", ["own"]],
  ["aOwn", ["own"]],
  ["b", ["b"]],
])("%s may publish to %j", async (user, subjects) => {
  expect((await server.grant({ user })).permissions?.settings.publish.allow).toEqual(subjects);
});

test("users of accounts do not have the defaults of the authorization block", async () => {
  expect((await server.grant({ user: "a" })).permissions).toBeUndefined();
});

test("own permissions are not mixed with default ones", async () => {
  const { permissions } = await server.grant({ user: "bOwn" });
  expect(permissions?.settings.publish.allow).toBeUndefined();
  expect(permissions?.settings.subscribe.allow).toEqual(["s"]);
});

test("keys have the defaults too", async () => {
  const { permissions } = await server.grant(holder.credentials());
  expect(permissions?.settings.publish.allow).toEqual(["b"]);
});

test("users with equal permissions share them", async () => {
  const [one, other] = [await server.grant({ user: "own" }), await server.grant({ user: "aOwn" })];
  expect(one.permissions).toBe(other.permissions);
});
