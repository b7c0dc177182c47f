/** Which user a certificate stands for, and what the log is told: as recorded of nats-server. */
import { describe, expect, test } from "bun:test";
import { certificateNames } from "../../../src/transport/certificate-names.ts";
import { MAPPING_CASES } from "../../tls/mapping/cases.ts";
import recorded from "../../tls/mapping/recorded.json";
import { Configured, RecordingApplicant } from "./configured.ts";

const UNKNOWN = "No user for the certificate";

/** Cases in which it is nobody, though nats-server passes over what a user's name lacks. */
const STRICTER = new Set(["no subject"]);

function configured(...users: object[]): Configured {
  const list = users.map((user) => JSON.stringify(user)).join(", ");
  return new Configured(`authorization { users: [ ${list} ] }
    tls { verify_and_map: true }`);
}

const named = (user: string) => ({ user });

describe("a certificate with", () => {
  test.each(MAPPING_CASES)("%s", async (name, _subject, _names, users) => {
    const { certificate, user, lines } = recorded.find((one) => one.name === name)!;
    const applicant = new RecordingApplicant();
    const presented = { certificate: certificateNames(Buffer.from(certificate, "base64")) };
    const outcome = await configured(...users.map(named)).logIn(presented, applicant);
    if (STRICTER.has(name)) {
      expect(outcome).toBe(UNKNOWN);
      return;
    }
    expect(outcome).toBe(user === "" ? UNKNOWN : `$G/user:${user}`);
    expect(applicant.lines).toEqual(lines.filter((line) => line.startsWith("DBG")));
  });
});

describe("who is mapped", () => {
  const { certificate } = recorded.find(({ name }) => name === "the second host name")!;
  const presented = { certificate: certificateNames(Buffer.from(certificate, "base64")) };
  const refused = async (...users: object[]) => {
    return configured(...users).logIn({ ...presented, user: "bob" }, new RecordingApplicant());
  };

  test("is asked for the password that the user has", async () => {
    const server = configured({ user: "h1.x.org", password: "secret" });
    expect(await server.logIn(presented)).toBe("Password or token not right");
    expect(await server.logIn({ ...presented, password: "secret" })).toBe("$G/user:h1.x.org");
  });

  test("may give no password to a user without", async () => {
    const server = configured(named("h1.x.org"));
    expect(await server.logIn({ ...presented, password: "secret" })).not.toStartWith("$G");
  });

  test("is the next user if the type of connection is not the first one's", async () => {
    const other = { user: "a@x.org", allowed_connection_types: ["MQTT"] };
    expect(await refused(other, named("h1.x.org"))).toBe("$G/user:h1.x.org");
  });

  test("is nobody else if the user has to come through a proxy", async () => {
    const other = { user: "a@x.org", proxy_required: true };
    expect(await refused(other, named("h1.x.org"))).toBe("proxy connection required");
  });

  test("and names another user in CONNECT makes a warning", async () => {
    const applicant = new RecordingApplicant();
    const server = configured(named("h1.x.org"));
    const outcome = await server.logIn({ ...presented, user: 'bo"b' }, applicant);
    expect(outcome).toBe("$G/user:h1.x.org");
    expect(applicant.lines).toEqual([
      'DBG Using SAN found in cert for auth ["h1.x.org"]',
      'WRN User "bo\\"b" found in connect proto, but user required from cert',
    ]);
  });
});

test("nobody is mapped without TLS", async () => {
  const applicant = new RecordingApplicant();
  expect(await configured(named("bob")).logIn({ user: "bob" }, applicant)).toBe(UNKNOWN);
  expect(applicant.lines).toEqual(["DBG User required in cert, no TLS connection state"]);
});
