/** The INFO line: fields, order and omission for a stand-alone server. */
import { describe, expect, test } from "bun:test";
import type { ServerIdentity } from "../../../src/broker/server-identity.ts";
import { InfoLines } from "../../../src/nats/info.ts";
import type { InfoFields } from "../../../src/nats/info.ts";

const IDENTITY: ServerIdentity = {
  id: "NID",
  name: "srv",
  xkey: "XKEY",
  version: "2.14.0",
  midgeVersion: "0.1.0",
  runtime: "bun1.4.5",
  gitCommit: "",
};

const FIELDS: InfoFields = {
  host: "0.0.0.0",
  port: 4222,
  hasHeaders: true,
  isAuthRequired: false,
  tls: undefined,
  maxPayloadBytes: 1_048_576,
  cid: 5,
  clientAddress: "127.0.0.1",
  boundAccount: undefined,
  isLameDuck: false,
};

function infoLine(identity: ServerIdentity, fields: InfoFields): string {
  return new InfoLines(identity).line(fields);
}

function fieldsOf(line: string): Record<string, unknown> {
  return JSON.parse(line.slice(5)) as Record<string, unknown>;
}

describe("INFO", () => {
  test("is one line with a space before its end", () => {
    expect(infoLine(IDENTITY, FIELDS)).toMatch(/^INFO \{[^\r\n]*\} \r\n$/);
  });

  test("has the reference's fields in its order at the greeting", () => {
    const info = fieldsOf(infoLine(IDENTITY, FIELDS));
    const keys = Object.keys(info).filter((key) => key !== "midge_version");
    expect(keys).toEqual([
      "server_id",
      "server_name",
      "version",
      "proto",
      "go",
      "host",
      "port",
      "headers",
      "max_payload",
      "client_id",
      "client_ip",
      "api_lvl",
      "xkey",
    ]);
    expect(info).toMatchObject({ server_id: "NID", server_name: "srv", xkey: "XKEY" });
    expect(info).toMatchObject({ proto: 1, port: 4222, headers: true, client_id: 5, api_lvl: 5 });
  });

  test("names the commit if it is known", () => {
    const info = fieldsOf(infoLine({ ...IDENTITY, gitCommit: "abcdef1" }, FIELDS));
    expect(info["git_commit"]).toBe("abcdef1");
    expect(Object.keys(info).indexOf("git_commit")).toBe(Object.keys(info).indexOf("go") - 1);
  });

  test("says that log-in is required, between headers and max_payload", () => {
    const info = fieldsOf(infoLine(IDENTITY, { ...FIELDS, isAuthRequired: true }));
    expect(info["auth_required"]).toBe(true);
    const keys = Object.keys(info);
    expect(keys.slice(keys.indexOf("headers"), keys.indexOf("client_id"))).toEqual([
      "headers",
      "auth_required",
      "max_payload",
    ]);
  });

  test("leaves out an address that is not known", () => {
    expect(fieldsOf(infoLine(IDENTITY, { ...FIELDS, clientAddress: "" }))).not.toHaveProperty(
      "client_ip",
    );
  });

  test("tells the account after the first PING", () => {
    const info = fieldsOf(infoLine(IDENTITY, { ...FIELDS, boundAccount: "$G" }));
    expect(info).toMatchObject({ connect_info: true, remote_account: "$G" });
    const keys = Object.keys(info);
    expect(keys.slice(keys.indexOf("client_ip"), keys.indexOf("api_lvl"))).toEqual([
      "client_ip",
      "connect_info",
      "remote_account",
    ]);
  });
});
