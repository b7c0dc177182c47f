/** Networks of IP addresses, and who lies within. */
import { describe, expect, test } from "bun:test";
import { isWithin, networkText, parseNetwork } from "../../../src/util/ip-network.ts";

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["10.1.2.3/8", "10.0.0.0/8"],
  ["10.1.2.3/32", "10.1.2.3"],
  ["10.1.2.3/0", "0.0.0.0/0"],
  ["10.255.255.255/15", "10.254.0.0/15"],
  ["2001:db8::1/32", "2001:db8::/32"],
  ["::1/128", "::1"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::ffff:10.1.2.3/104", "10.0.0.0/8"],
  ["::ffff:0:0/96", "0.0.0.0/0"],
])("%s is the network %s", (written, expected) => {
  expect(networkText(parseNetwork(written)!)).toBe(expected);
});

test.each([
  ...["", "/", "/8", "10.0.0.1/", "10.0.0.1/33", "10.0.0.1/-1", "10.0.0.1/08", "10.0.0.1/8/8"],
  ...["10.0.0.1/8 ", "::1/129", "::ffff:10.0.0.1/95", "::ffff:10.0.0.1/8", "10.0.0.1/1e1"],
  ...["localhost", "*", "10.0.0.*", "10/8", "fe80::1%eth0"],
])("%p is no network", (written) => {
  expect(parseNetwork(written)).toBeUndefined();
});

describe("an address is within", () => {
  const isIn = (address: string, ...networks: string[]) => {
    return isWithin(
      networks.map((text) => parseNetwork(text)!),
      address,
    );
  };

  test.each([
    ["10.255.0.1", "10.0.0.0/8", true],
    ["11.0.0.0", "10.0.0.0/8", false],
    ["9.255.255.255", "10.0.0.0/8", false],
    ["10.1.127.255", "10.1.0.0/17", true],
    ["10.1.128.0", "10.1.0.0/17", false],
    ["127.0.0.1", "127.0.0.1", true],
    ["127.0.0.2", "127.0.0.1", false],
    ["::ffff:10.0.0.1", "10.0.0.0/8", true],
    ["10.0.0.1", "::ffff:10.0.0.0/104", true],
    ["::1", "::1", true],
    ["2001:db8:1::1", "2001:db8::/33", true],
    ["2001:db8:8000::1", "2001:db8::/33", false],
    ["fe80::1%eth0", "fe80::/10", true],
    ["1.2.3.4", "0.0.0.0/0", true],
    ["1.2.3.4", "::/0", false],
    ["::1", "0.0.0.0/0", false],
    ["", "0.0.0.0/0", false],
    ["nonsense", "::/0", false],
  ])("%s, %s: %p", (address, network, expected) => {
    expect(isIn(address, network)).toBe(expected);
    expect(isIn(address, "203.0.113.0/24", network)).toBe(expected);
  });

  test("no network of none", () => {
    expect(isIn("127.0.0.1")).toBe(false);
  });
});
