/** The option kind that is a list of IP addresses and networks. */
import { describe, expect, test } from "bun:test";
import { loadConfig } from "../../../src/config/load.ts";
import { networks } from "../../../src/config/networks.ts";

function loaded(text: string) {
  return loadConfig("edge.conf", {
    read: () => text,
    environment: () => undefined,
    isUsableDirectory: () => true,
  });
}

describe("proxy_protocol_networks", () => {
  test.each([
    ['"10.0.0.1"', ["10.0.0.1"]],
    ['["10.0.0.1/8", "::ffff:10.0.0.0/104", "::1"]', ["10.0.0.0/8", "::1"]],
  ])("%s", (written, expected) => {
    const { values, errors } = loaded(`proxy_protocol_networks: ${written}`);
    expect(errors).toEqual([]);
    expect(values.get("proxyProtocolNetworks")).toEqual(expected);
  });

  test("tells of each wrong entry where it stands", () => {
    const text = 'proxy_protocol_networks: [\n  "10.0.0.1",\n  "10.0.0.0/33", "proxy"\n  7\n]';
    expect(loaded(text).errors).toEqual([
      'edge.conf:3:4: "10.0.0.0/33" is no IP address and no network',
      'edge.conf:3:19: "proxy" is no IP address and no network',
      "edge.conf:4:3: interface conversion: interface {} is int64, not string",
    ]);
  });

  test.each([
    ["[]", "needs at least one IP address or network"],
    ['""', '"" is no IP address and no network'],
    ["{ a: b }", "interface conversion: interface {} is map[string]interface {}, not string"],
  ])("is not %s", (written, reason) => {
    expect(loaded(`debug: true\nproxy_protocol_networks: ${written}`).errors).toEqual([
      `edge.conf:2:1: ${reason}`,
    ]);
  });

  test("stands in a flag with commas", () => {
    const kind = networks();
    expect(kind.parse("10.0.0.1/8, ::1,10.9.9.9/8")).toEqual(["10.0.0.0/8", "::1"]);
    expect(kind.format(["10.0.0.0/8", "::1"])).toBe("10.0.0.0/8,::1");
    expect(() => kind.parse("10.0.0.1,,::1")).toThrow('"" is no IP address and no network');
  });
});
