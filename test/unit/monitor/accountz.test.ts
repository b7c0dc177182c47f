/** `/accountz`: the accounts there are, and the detail of one. */
import { describe, expect, test } from "bun:test";
import { accountInfo, accountz } from "../../../src/monitor/accountz.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

test("without a name it lists all accounts and says which one is the system's", () => {
  const { subject } = new MonitoredBroker("accounts { A {}, B {} }");
  expect(accountz(subject, { account: "" })).toMatchObject({
    system_account: "$SYS",
    accounts: ["$G", "$SYS", "A", "B"],
  });
});

test("with a name it has the detail in place of the list", () => {
  const { subject } = new MonitoredBroker();
  const answer = accountz(subject, { account: "$G" });
  expect(answer).toMatchObject({ account_detail: { account_name: "$G" } });
  expect(answer).not.toHaveProperty("accounts");
});

describe("an account that does not exist", () => {
  test("is an error", () => {
    const { subject } = new MonitoredBroker();
    const text = "Account none does not exist";
    expect(() => accountz(subject, { account: "none" })).toThrow(text);
    expect(() => accountInfo(subject, "none")).toThrow(text);
  });
});
