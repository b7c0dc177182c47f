/** Addresses given to clients: what they may look like, and nats-server's words for what not. */
import { describe, expect, test } from "bun:test";
import { advertisedAddress } from "../../../src/config/advertised-address.ts";
import { OptionValueError } from "../../../src/config/option-value-error.ts";

describe("an advertised address", () => {
  test.each([
    ["a", "a", undefined],
    ["a:1", "a", 1],
    ["a:0", "a", undefined],
    ["a:-1", "a", undefined],
    [" a : 4222 ", "a", 4222],
    [":4222", "", 4222],
    ["10.0.0.1:4222", "10.0.0.1", 4222],
    ["[::1]", "::1", undefined],
    ["[::1]:4222", "::1", 4222],
  ])("%p is host %p and port %p", (text, host, port) => {
    expect(advertisedAddress(text)).toEqual({ host, port });
  });

  test.each([
    ["a:b", 'strconv.Atoi: parsing "b": invalid syntax'],
    ["a:", 'strconv.Atoi: parsing "": invalid syntax'],
    ["a:1.5", 'strconv.Atoi: parsing "1.5": invalid syntax'],
    ["a:1:2", "address a:1:2: too many colons in address"],
    ["::1", "address ::1: too many colons in address"],
    ["[::1]:1:2", "address [::1]:1:2: too many colons in address"],
    ["[::1", "address [::1: missing ']' in address"],
    ["a[b]:1", "address a[b]:1: unexpected '[' in address"],
    ["a]:1", "address a]:1: unexpected ']' in address"],
  ])("%p is none", (text, reason) => {
    expect(() => advertisedAddress(text)).toThrow(new OptionValueError(reason));
  });
});
