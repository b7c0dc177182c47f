/** Which servers a request to all of them is for. */
import { describe, expect, test } from "bun:test";
import { BodyOptions } from "../../../src/monitor/endpoint-options.ts";
import { eventFilter, isMeant } from "../../../src/monitor/event-filter.ts";

const SERVER = { name: "north-1", host: "10.0.0.1", tags: ["Edge", "zone:a"] };

function isForUs(body: string): boolean {
  return isMeant(eventFilter(new BodyOptions(new TextEncoder().encode(body))), SERVER);
}

describe("meant is who", () => {
  test.each([
    ["", "anybody"],
    ["{}", "anybody"],
    ['{"server_name":"north"}', "a part of whose name is asked for"],
    ['{"server_name":"north-1","host":"10.0.0.1","exact_match":true}', "exactly this"],
    ['{"host":"0.0"}', "a part of whose address is asked for"],
    ['{"tags":["edge","ZONE:A"]}', "has all the tags"],
    ['{"tags":[]}', "has all of no tags"],
  ])("%s: %s", (body) => expect(isForUs(body)).toBe(true));
});

describe("not meant is who", () => {
  test.each([
    ['{"server_name":"south"}', "has another name"],
    ['{"server_name":"north","exact_match":true}', "has not exactly this name"],
    ['{"host":"10.0.0.2"}', "has another address"],
    ['{"tags":["edge","other"]}', "lacks a tag"],
    ['{"cluster":"c"}', "is in no cluster"],
    ['{"domain":"d"}', "has no JetStream domain"],
  ])("%s: %s", (body) => expect(isForUs(body)).toBe(false));
});
