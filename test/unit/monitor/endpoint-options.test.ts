/** Options of endpoints, from the query of a URL and from JSON. */
import { describe, expect, test } from "bun:test";
import { EndpointError } from "../../../src/monitor/endpoint.ts";
import { BodyOptions, QueryOptions } from "../../../src/monitor/endpoint-options.ts";

const query = (text: string) => new QueryOptions(text);
const body = (text: string) => new BodyOptions(new TextEncoder().encode(text));

describe("in a query", () => {
  test.each(["1", "t", "T", "true", "TRUE", "True"])("a flag is set by %s", (word) => {
    expect(query(`auth=${word}`).flag("auth")).toBe(true);
  });

  test.each(["", "0", "f", "F", "false", "FALSE", "False"])("a flag is not set by '%s'", (word) => {
    expect(query(`auth=${word}`).flag("auth")).toBe(false);
  });

  test("nothing given is false, 0 and no text", () => {
    const options = query("");
    expect(options.flag("a")).toBe(false);
    expect(options.integer("a")).toBe(0);
    expect(options.unsigned("a")).toBe(0);
    expect(options.text("a")).toBe("");
    expect(options.texts()).toEqual([]);
    expect(options.state()).toBe("open");
    const none = { subscriptions: false, subscriptionsDetail: false };
    expect(options.subscriptions()).toEqual(none);
  });

  test("an option that only JSON has cannot be given", () => {
    expect(query("=x&filter_subject=x").text("")).toBe("");
  });

  test("the first of several values counts", () => {
    expect(query("limit=1&limit=x").integer("limit")).toBe(1);
  });

  test.each([
    ["-5", -5],
    ["%2B5", 5],
    ["007", 7],
    ["9223372036854775807", 2 ** 63],
  ])("%s is an integer", (written, value) => {
    expect(query(`limit=${written}`).integer("limit")).toBe(value);
  });

  test.each([
    ["x", "invalid syntax"],
    ["1_0", "invalid syntax"],
    ["1.5", "invalid syntax"],
    ["0x1", "invalid syntax"],
    ["9223372036854775808", "value out of range"],
    ["-9223372036854775809", "value out of range"],
  ])("%s is no integer: %s", (written, reason) => {
    const text = `Error decoding int for 'limit': strconv.Atoi: parsing "${written}": ${reason}`;
    expect(() => query(`limit=${written}`).integer("limit")).toThrow(new EndpointError(text));
  });

  test.each([
    ["-1", "invalid syntax"],
    ["%2B1", "invalid syntax"],
    ["18446744073709551616", "value out of range"],
  ])("%s is no connection id: %s", (written, reason) => {
    const shown = decodeURIComponent(written);
    const text = `Error decoding uint64 for 'cid': strconv.ParseUint: parsing "${shown}": ${reason}`;
    expect(() => query(`cid=${written}`).unsigned("cid")).toThrow(new EndpointError(text));
  });

  test("a flag of another word is refused, quoted", () => {
    const text = `Error decoding boolean for 'auth': strconv.ParseBool: parsing "\\"yes\\"": invalid syntax`;
    expect(() => query('auth="yes"').flag("auth")).toThrow(new EndpointError(text));
  });

  test("subscriptions are wanted with 1 and in detail with detail, in any case", () => {
    expect(query("subs=1").subscriptions()).toEqual({
      subscriptions: true,
      subscriptionsDetail: false,
    });
    expect(query("subs=Detail").subscriptions()).toEqual({
      subscriptions: false,
      subscriptionsDetail: true,
    });
  });

  test("states are words in any case", () => {
    for (const word of ["open", "Open"]) expect(query(`state=${word}`).state()).toBe("open");
    for (const word of ["any", "ALL"]) expect(query(`state=${word}`).state()).toBe("all");
    expect(query("state=CLOSED").state()).toBe("closed");
    expect(() => query("state=old").state()).toThrow("Error decoding state for old");
  });
});

describe("in JSON", () => {
  test("an empty body and null ask for nothing", () => {
    for (const text of ["", "null", "{}"]) {
      expect(body(text).flag("auth")).toBe(false);
      expect(body(text).integer("limit")).toBe(0);
      expect(body(text).text("acc")).toBe("");
      expect(body(text).texts("tags")).toEqual([]);
    }
  });

  test("values are taken by their JSON names", () => {
    const options = body('{"limit":3,"auth":true,"account":"A","tags":["x","y"],"cid":7}');
    expect(options.integer("limit")).toBe(3);
    expect(options.flag("auth")).toBe(true);
    expect(options.text("acc", "account")).toBe("A");
    expect(options.texts("tags")).toEqual(["x", "y"]);
    expect(options.unsigned("cid")).toBe(7);
  });

  test("names may be in any case, and null is as if left out", () => {
    expect(body('{"LIMIT":3,"Auth":null}').integer("limit")).toBe(3);
    expect(body('{"LIMIT":3,"Auth":null}').flag("auth")).toBe(false);
  });

  test("unknown names and names of objects' own members are passed over", () => {
    expect(body('{"other":[1],"__proto__":{"auth":true}}').flag("auth")).toBe(false);
  });

  test("states are numbers, others than 0 to 2 stand for no connections", () => {
    expect(body("{}").state()).toBe("open");
    expect(body('{"state":1}').state()).toBe("closed");
    expect(body('{"state":2}').state()).toBe("all");
    for (const text of ['{"state":3}', '{"state":-1}']) expect(body(text).state()).toBe("none");
  });

  test("subscriptions have a flag for each form", () => {
    expect(body('{"subscriptions":true,"subscriptions_detail":true}').subscriptions()).toEqual({
      subscriptions: true,
      subscriptionsDetail: true,
    });
  });

  test.each(["{", "  ", "x{}", "{} x", "{a:1}"])("%j is refused", (text) => {
    expect(() => body(text)).toThrow(EndpointError);
  });

  test.each([
    ["[]", "json: cannot unmarshal array into Go value"],
    ["true", "json: cannot unmarshal bool into Go value"],
  ])("%s is no object", (text, reason) => {
    expect(() => body(text)).toThrow(new EndpointError(reason));
  });

  test.each([
    ['"3"', "string"],
    ["1.5", "number 1.5"],
    ["[1]", "array"],
    ["{}", "object"],
    ["true", "bool"],
  ])("%s is no limit", (value, found) => {
    const reason = `json: cannot unmarshal ${found} into field limit of type int`;
    expect(() => body(`{"limit":${value}}`).integer("limit")).toThrow(new EndpointError(reason));
  });

  test("a negative connection id, a flag in a text and a list of numbers are refused", () => {
    expect(() => body('{"cid":-1}').unsigned("cid")).toThrow("of type uint64");
    expect(() => body('{"auth":"1"}').flag("auth")).toThrow("of type bool");
    expect(() => body('{"acc":1}').text("acc")).toThrow("of type string");
    expect(() => body('{"tags":"x"}').texts("tags")).toThrow("of type []string");
    expect(() => body('{"tags":[1]}').texts("tags")).toThrow("of type string");
  });
});
