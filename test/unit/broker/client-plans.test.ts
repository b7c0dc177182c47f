/**
 * Publish plans by the permissions of clients: shared while there are such clients, and gone when
 * there are none; dropped when something changes that they depend on.
 */
import { describe, expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { PermissionTable } from "../../../src/broker/permissions.ts";
import { SubjectMappings } from "../../../src/broker/subject-mappings.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { AccountBroker, pub, received } from "../../support/account-broker.ts";
import { ListingSubscriber, messageOf } from "../../support/messages.ts";

const table = new PermissionTable();

function permissionsTo(subject: string) {
  return table.of({
    publish: { allow: [subject], deny: [] },
    subscribe: { allow: undefined, deny: [] },
    responses: undefined,
  });
}

function mapTo(subject: string): SubjectMappings {
  const destination = { subject, weightPercent: 100, cluster: undefined };
  return new SubjectMappings([{ source: "foo", destinations: [destination] }]);
}

describe("clients with the same permissions", () => {
  test("have the same plans, those with others have their own", () => {
    const account = new Account("A", true);
    const plans = account.joinPlans(permissionsTo("a"));
    expect(account.joinPlans(permissionsTo("a"))).toBe(plans);
    expect(account.joinPlans(permissionsTo("b"))).not.toBe(plans);
    expect(account.joinPlans(undefined)).not.toBe(plans);
    expect(account.joinPlans(undefined)).toBe(account.joinPlans(undefined));
    expect(new Account("B", true).joinPlans(permissionsTo("a"))).not.toBe(plans);
  });

  test("have them until the last of them has gone", () => {
    const account = new Account("A", true);
    const permissions = permissionsTo("a");
    const plans = account.joinPlans(permissions);
    account.joinPlans(permissions);
    account.leavePlans(plans);
    expect(account.joinPlans(permissions)).toBe(plans);
    account.leavePlans(plans);
    account.leavePlans(plans);
    expect(account.joinPlans(permissions)).not.toBe(plans);
  });
});

describe("plans are dropped", () => {
  /** With a plan for `foo` and, where it is mapped, for where it goes. */
  function setUp(mappings?: SubjectMappings) {
    const account = new Account("A", true);
    account.setMappings(mappings);
    const plans = account.joinPlans(undefined);
    const plan = () => {
      for (let i = 0; i < 3; i++) plans.published.find(messageOf("foo"));
      for (let i = 0; i < 3; i++) plans.mapped.find(messageOf("bar"));
      for (let i = 0; i < 3; i++) account.serverPlans.find(messageOf("foo"));
    };
    const counts = () =>
      [plans.published, plans.mapped, account.serverPlans].map((one) => one.count);
    plan();
    expect(counts()).toEqual([1, 1, 1]);
    return { account, plans, counts };
  }

  test("when mappings come, change or go", () => {
    const { account, plans, counts } = setUp();
    const isMapped = () => {
      for (let i = 0; i < 3; i++) plans.published.find(messageOf("foo"));
      return plans.published.find(messageOf("foo")).mapping !== undefined;
    };
    expect(isMapped()).toBe(false);
    account.setMappings(mapTo("bar"));
    expect(counts()).toEqual([0, 0, 0]);
    expect(isMapped()).toBe(true);
    account.setMappings(undefined);
    expect(isMapped()).toBe(false);
  });

  test("when a subscription concerns them, also where only a mapping leads", () => {
    const { account, counts } = setUp(mapTo("bar"));
    const subscribe = (subject: string) => {
      const subscription = new Subscription(new ListingSubscriber(), 1, undefined);
      account.subscribe(subjectBytes(subject), subscription);
      return subscription;
    };
    subscribe("other");
    expect(counts()).toEqual([1, 1, 1]);
    const bar = subscribe("bar");
    expect(counts()).toEqual([1, 0, 1]);
    account.unsubscribe(bar);
    subscribe(">");
    expect(counts()).toEqual([0, 0, 0]);
  });
});

describe("users with permissions of their own each", () => {
  const COUNT = 300;

  /** Names with the beginning `u`, allowed to publish below their own name and `common`. */
  function configOf(count: number, extra = ""): string {
    const users = Array.from({ length: count }, (_, i) => {
      const publish = `["u${i}.>", "common"${extra}]`;
      return `{user: u${i}, password: u${i}, permissions: {publish: ${publish}}}`;
    });
    return `accounts { A { users: [ ${users.join("\n")} ] } }`;
  }

  test("may publish what they may, and leave no plans behind", () => {
    const accounts = new AccountBroker(configOf(COUNT));
    const account = accounts.account("A");
    const peers = Array.from({ length: COUNT }, (_, i) => accounts.client(`u${i}`));
    for (const [i, peer] of peers.entries()) {
      peer.send(`SUB u${i}.> 1\r\n`);
      peer.send(pub(`u${i}.x`, "own").repeat(3));
      expect(received(peer)).toHaveLength(3);
      peer.send(pub(`u${i + 1}.x`, "other"));
      expect(peer.read()).toContain("-ERR 'Permissions Violation for Publish to");
    }
    const used = peers.map(({ client }) => ({ plans: client.plans, rule: client.permissions }));
    expect(new Set(used.map(({ plans }) => plans)).size).toBe(COUNT);
    for (const { client } of peers) client.close(closeReasons.clientClosed);
    for (const { plans, rule } of used) {
      expect(plans.clients).toBe(0);
      const anew = account.joinPlans(rule);
      expect(anew).not.toBe(plans);
      account.leavePlans(anew);
    }
  });

  test("have other plans once a reload has changed what they may", () => {
    const accounts = new AccountBroker(configOf(5));
    const peers = Array.from({ length: 5 }, (_, i) => accounts.client(`u${i}`));
    for (const peer of peers) peer.send(pub("more").repeat(3));
    for (const peer of peers) expect(peer.read().split("-ERR")).toHaveLength(4);
    const before = peers.map(({ client }) => ({ plans: client.plans, rule: client.permissions }));
    accounts.configure(configOf(5, ', "more"'));
    for (const peer of peers) peer.send(pub("more").repeat(3));
    for (const peer of peers) expect(peer.read()).toBe("");
    for (const { plans, rule } of before) {
      expect(plans.clients).toBe(0);
      expect(accounts.account("A").joinPlans(rule)).not.toBe(plans);
    }
    for (const { client } of peers) expect(client.plans.clients).toBe(1);
  });

  test("who come and go again and again keep nobody's plans alive", () => {
    const accounts = new AccountBroker(configOf(20));
    for (let round = 0; round < 10; round++) {
      const peers = Array.from({ length: 40 }, (_, i) => accounts.client(`u${i % 20}`));
      const plans = new Set(peers.map(({ client }) => client.plans));
      expect(plans.size).toBe(20);
      for (const one of plans) expect(one.clients).toBe(2);
      for (const peer of peers.slice(0, 20)) peer.send('CONNECT {"user":"u1","pass":"u1"}\r\n');
      for (const { client } of peers) client.close(closeReasons.clientClosed);
      for (const one of plans) expect(one.clients).toBe(0);
    }
    expect(accounts.broker.globalAccount.joinPlans(undefined).clients).toBe(1);
  });
});
