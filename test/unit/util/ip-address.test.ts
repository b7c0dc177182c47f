/** IP addresses as Go reads and writes them. */
import { describe, expect, test } from "bun:test";
import { ipText, parseIp } from "../../../src/util/ip-address.ts";
import { Random } from "../../../src/util/random.ts";

const ROUNDS = 2000;

describe("an address", () => {
  test.each([
    ["0.0.0.0", "0.0.0.0"],
    ["192.0.2.255", "192.0.2.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:0:0:1:0:0:1:1", "2001::1:0:0:1:1"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::FFFF:c000:201", "192.0.2.1"],
    ["::192.0.2.1", "::c000:201"],
  ])("%s is written %s", (written, expected) => {
    expect(ipText(parseIp(written)!)).toBe(expected);
  });

  test.each([
    ...["", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "1.2.3.4 ", "0x1.2.3.4"],
    ...["1.2.3.-4", "1.2.3.1e1", ":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9"],
    ...["1:2:3:4:5:6:7:8::", "1:2:3:4::5:6:7:8", "12345::", "g::", "::1.2.3", "1.2.3.4::", ":1"],
    ...["1:", "::1.2.3.4:5", "fe80::1%eth0", "[::1]", "::ffff:01.2.3.4", "1:2:3:4:5:6:7:1.2.3.4"],
  ])("%p is none", (written) => {
    expect(parseIp(written)).toBeUndefined();
  });

  test("that is written and read again is the same", () => {
    const seed = Date.now();
    const random = new Random(seed);
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = new Uint8Array(random.below(4) === 0 ? 4 : 16);
      // Many zeros, so that there are runs of them.
      for (let i = 0; i < bytes.length; i++) bytes[i] = Math.max(0, random.below(512) - 256);
      const text = ipText(bytes);
      const read = parseIp(text);
      expect(read && ipText(read), `seed ${seed}, ${text}`).toBe(text);
      if (bytes.length === 4 || text.includes(":")) expect(read).toEqual(bytes);
    }
  });
});
