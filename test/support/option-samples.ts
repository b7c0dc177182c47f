/**
 * For each option a value that is not its default, as a flag and as a line of a configuration file,
 * and texts that are no value of it. The tests that walk the table of options take them from here.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACCOUNT_KEY, OPERATOR_KEY, operatorJwt } from "../unit/config/blocks/jwt-texts.ts";
import { type AnyOptionRow, type OptionName, optionRow } from "../../src/config/options.ts";

export interface OptionSample {
  /** As written behind the flag; undefined for options without a flag. */
  readonly flag: string | undefined;
  /** As written behind the key in a file. */
  readonly file: string;
  readonly value: unknown;
  /** What neither a flag nor a file may say; undefined if every text is a value. */
  readonly bad: { readonly flag: string | undefined; readonly file: string } | undefined;
}

/** Stands for a value that is not the default. */
export const ANYTHING: unknown = Symbol("anything");

/** One that can be used, without the ends of its files. */
const CERTIFICATE = join(import.meta.dir, "../tls/certificates/server");
const FOLDER = mkdtempSync(join(tmpdir(), "midge-options-"));
process.on("exit", () => rmSync(FOLDER, { recursive: true, force: true }));

const NOT_A_STRING = { flag: undefined, file: "12" };

/** What a file needs beside some options. */
const COMPANIONS: Partial<Record<OptionName, string>> = {
  httpsPort: `tls { cert_file: "${CERTIFICATE}.pem", key_file: "${CERTIFICATE}-key.pem" }\n`,
  maxPendingBytes: "max_payload: 1\n",
  noAuthUser: 'authorization { users: [{ user: "seven", password: "b" }] }\n',
  systemAccount: "accounts { seven: {} }\n",
};

export function companionOf(name: OptionName): string {
  return COMPANIONS[name] ?? "";
}

/** Rows whose values do not follow from the default alone. */
const SPECIAL: Partial<Record<OptionName, OptionSample>> = {
  serverTags: { flag: "a,b", file: '["a", " b "]', value: ["a", "b"], bad: NOT_A_STRING },
  serverMetadata: {
    flag: undefined,
    file: "{ Site: north }",
    value: { Site: "north" },
    bad: { flag: undefined, file: "{ Site: 7 }" },
  },
  logLevels: {
    flag: "client=debug,tls=error",
    file: "{ client: debug, tls: error }",
    value: { client: "debug", tls: "error" },
    bad: { flag: "client=loud", file: "{ engine: debug }" },
  },
  proxyProtocolNetworks: {
    flag: "10.0.0.1/8, ::ffff:192.0.2.7",
    file: '["10.0.0.1/8", "::ffff:192.0.2.7"]',
    value: ["10.0.0.0/8", "192.0.2.7"],
    bad: { flag: "10.0.0.1,", file: "'10.0.0.1/33'" },
  },
  users: block('[{ user: "a", password: "b" }]', "12"),
  defaultPermissions: block('{ publish: "a.>" }', "12"),
  authCallout: block(`{ issuer: ${ACCOUNT_KEY}, auth_users: [a] }`, "12"),
  accounts: block("{ A: {} }", "12"),
  mappings: block("{ a: b }", "12"),
  proxies: block(`{ trusted: [{ key: ${ACCOUNT_KEY} }] }`, "12"),
  metrics: block("{ top_subjects: 7 }", "12"),
  operators: block(operatorJwt(), "12"),
  trustedKeys: block(`[${OPERATOR_KEY}]`, "12"),
  resolver: block("MEMORY", "12"),
  resolverTls: block("{ cert_file: a.pem, key_file: b.pem }", "12"),
  resolverPreload: block("{}", "12"),
  resolverPinnedAccounts: block(`[${ACCOUNT_KEY}]`, "12"),
  tls: block(`{ cert_file: "${CERTIFICATE}.pem", key_file: "${CERTIFICATE}-key.pem" }`, "12"),
  ocsp: block("true", "12"),
  ocspCache: block("true", "12"),
  websocket: block("{ port: 4443, no_tls: true }", "12"),
  mqtt: block("{ port: 1883 }", "12"),
  monitorAuth: block('{ user: "a", password: "b" }', "12"),
  pidFile: path("midge.pid"),
  portsFileDir: path("."),
  logFile: path("midge.log"),
  lameDuckDurationMs: {
    flag: "40s",
    file: '"40s"',
    value: 40_000,
    bad: { flag: "5s", file: '"5s"' },
  },
  lameDuckGraceMs: { flag: "5s", file: '"5s"', value: 5000, bad: { flag: "-1s", file: '"-1s"' } },
};

/** A block, whose value the tests of the block look at. */
function block(file: string, bad: string): OptionSample {
  return { flag: undefined, file, value: ANYTHING, bad: { flag: undefined, file: bad } };
}

function path(name: string): OptionSample {
  const value = join(FOLDER, name);
  return { flag: value, file: `"${value}"`, value, bad: NOT_A_STRING };
}

/** A value of the option. */
export function sampleOf(name: OptionName): OptionSample {
  return SPECIAL[name] ?? sampleByType(optionRow(name));
}

function sampleByType({ kind, default: initial }: AnyOptionRow): OptionSample {
  if (typeof initial === "boolean") {
    const text = String(!initial);
    return { flag: text, file: text, value: !initial, bad: { flag: "maybe", file: '"yes"' } };
  }
  if (kind.valueName === "duration") {
    return { flag: "7s", file: '"7s"', value: 7000, bad: { flag: "7 hours", file: '"7 hours"' } };
  }
  if (typeof initial === "number") {
    return { flag: "7", file: "7", value: 7, bad: { flag: "seven", file: "seven" } };
  }
  const words = kind.valueName.includes("|") ? kind.valueName.split("|") : undefined;
  const word = words?.at(-1) ?? "seven";
  const bad = words === undefined ? NOT_A_STRING : { flag: "seven", file: "seven" };
  return { flag: word, file: word, value: word, bad };
}
