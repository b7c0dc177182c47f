/** Distinguished names as users are named by them, and which of them are the same. */
import { describe, expect, test } from "bun:test";
import { hasSameParts, isSameName, parseName } from "../../../src/auth/distinguished-name.ts";

function parsed(text: string): string[][] | undefined {
  return parseName(text)?.map((part) => part.map(({ name, value }) => `${name}:${value}`));
}

describe("a name", () => {
  test.each([
    ["CN=a", [["CN:a"]]],
    ["CN=a,O=b", [["CN:a"], ["O:b"]]],
    [" CN = a b  ,  O=b ", [["CN:a b"], ["O:b"]]],
    ["CN=a+OU=b,O=c", [["CN:a", "OU:b"], ["O:c"]]],
    ["CN=a\\,b", [["CN:a,b"]]],
    ["CN=a\\ ", [["CN:a "]]],
    ["CN=\\C3\\A4ä", [["CN:ää"]]],
    ["CN=a\\=b", [["CN:a=b"]]],
  ])("%s", (text, parts) => expect(parsed(text)).toEqual(parts));

  test.each([
    "",
    "bob",
    "CN=a,",
    "CN=",
    "O=a,CN= ",
    " =a",
    "CN=a=b",
    "CN=#0401",
    "=a",
    "CN=a\\",
    "CN=a\\zz",
    "alice@example.com",
  ])("is not %j", (text) => expect(parsed(text)).toBeUndefined());
});

describe("names", () => {
  const same = (left: string, right: string) => isSameName(parseName(left)!, parseName(right)!);
  const alike = (left: string, right: string) => hasSameParts(parseName(left)!, parseName(right)!);

  test("are the same whatever the letters of types, and the order within a part", () => {
    expect(same("cn=a,O=b", "CN=a,o=b")).toBe(true);
    expect(same("CN=a+OU=b", "OU=b+CN=a")).toBe(true);
    expect(same("CN=a", "CN=A")).toBe(false);
    expect(same("CN=a,O=b", "O=b,CN=a")).toBe(false);
    expect(same("CN=a", "CN=a,O=b")).toBe(false);
  });

  test("have the same parts in any order, each as often", () => {
    expect(alike("CN=a,O=b", "O=b,CN=a")).toBe(true);
    expect(alike("OU=a,OU=a,OU=b", "OU=a,OU=b,OU=b")).toBe(false);
    expect(alike("CN=a", "CN=a,O=b")).toBe(false);
  });
});
