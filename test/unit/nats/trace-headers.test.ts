/** Which messages are read for whether they are to be traced: all that might, and few others. */
import { describe, expect, test } from "bun:test";
import { Account } from "../../../src/broker/account.ts";
import { mayBeTraced } from "../../../src/nats/trace-headers.ts";
import { messageOf } from "../../support/messages.ts";

const plain = new Account("A", true);
const followed = new Account("B", true);
followed.messageTrace = { destination: "t", samplingPercent: 100 };

function isNoticed(headers: string, account: Account, payload = ""): boolean {
  return mayBeTraced(messageOf("a", { headers, payload }), account);
}

describe("a name", () => {
  const names: [string, Account][] = [
    ["Nats-Trace-Dest", plain],
    ["Nats-Trace-Dest", followed],
    ["traceparent", followed],
    ["TraceParent", followed],
    ["TRACEPARENT", followed],
  ];

  test.each(names)("%s is found wherever it stands", (name, account) => {
    for (let before = 0; before < 100; before++) {
      for (let after = 0; after < 20; after++) {
        const first = `NATS/1.0\r\n${"x".repeat(before)}\r\n`;
        const headers = `${first}${name}:${"y".repeat(after)}`;
        if (!isNoticed(headers, account)) expect(headers).toBe("found");
      }
    }
    expect(isNoticed(`NATS/1.0\r\n${name}: x\r\n\r\n`, account)).toBe(true);
  });

  test.each(names)("%s is not found in part, nor behind the headers", (name, account) => {
    for (let before = 0; before < 100; before++) {
      const headers = `NATS/1.0\r\n${"x".repeat(before)}\r\n${name}`;
      if (isNoticed(headers, account, ": x\r\n\r\n")) expect(headers).toBe("not found");
      const cut = headers.slice(0, -name.length);
      if (isNoticed(cut, account, `\r\n${name}: x`)) expect(cut).toBe("not found");
    }
  });

  test.each(names)("%s is not found inside of another, nor in a value", (name, account) => {
    for (const line of [`X${name}: 1`, `A: ${name}: 1`, `${name}s: 1`, `${name.slice(1)}: 1`]) {
      expect(isNoticed(`NATS/1.0\r\n${line}\r\n\r\n`, account)).toBe(false);
    }
  });
});

describe("a message is passed over", () => {
  test("if only its account could have it traced, and does not", () => {
    expect(isNoticed("NATS/1.0\r\ntraceparent: 00-1-2-01\r\n\r\n", plain)).toBe(false);
  });

  test("if it spells the name in another way", () => {
    expect(isNoticed("NATS/1.0\r\nnats-trace-dest: a\r\n\r\n", followed)).toBe(false);
    expect(isNoticed("NATS/1.0\r\nNats-Trace-Only: 1\r\n\r\n", followed)).toBe(false);
  });

  test("if its headers are short, odd or none", () => {
    for (let length = 1; length < 40; length++) {
      expect(isNoticed("Nats-Trace-Dest:".repeat(3).slice(0, length), followed)).toBe(false);
    }
    expect(isNoticed("\0".repeat(50), followed)).toBe(false);
  });
});
