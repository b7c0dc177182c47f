/** The block `websocket`: fields, aliases, mistakes, and what has to fit the other options. */
import { describe, expect, test } from "bun:test";
import type { LogInSurroundings } from "../../../../src/config/blocks/listener-authorization.ts";
import {
  type WebsocketSettings,
  checkWebsocket,
  websocketKind,
} from "../../../../src/config/blocks/websocket.ts";
import { readKind } from "./read-kind.ts";
import { NO_LOG_INS, withUsers } from "./log-ins.ts";
import type { Refusal } from "./user-blocks.ts";

const EMPTY: WebsocketSettings = {
  host: undefined,
  port: 0,
  advertise: undefined,
  noTls: false,
  tls: undefined,
  sameOrigin: false,
  allowedOrigins: [],
  handshakeTimeoutMs: 0,
  compression: false,
  authorization: undefined,
  noAuthUser: undefined,
  jwtCookie: undefined,
  userCookie: undefined,
  passCookie: undefined,
  tokenCookie: undefined,
  pingIntervalMs: undefined,
  headers: [],
};

const NO_LOG_IN = { username: undefined, password: undefined, token: undefined };

const MEANINGS: readonly (readonly [string, Partial<WebsocketSettings>])[] = [
  ["", {}],
  ["listen: 8080", { port: 8080 }],
  ['listen: "localhost:-1"', { host: "localhost", port: -1 }],
  ["host: a, port: 80", { host: "a", port: 80 }],
  ["NET: a", { host: "a" }],
  ['advertise: "a:1"', { advertise: "a:1" }],
  ["no_tls: true", { noTls: true }],
  ["same_origin: true", { sameOrigin: true }],
  ...[
    "allowed_origins",
    "allowed_origin",
    "allow_origins",
    "allow_origin",
    "origins",
    "origin",
  ].map((key) => [`${key}: [ "a", "b" ]`, { allowedOrigins: ["a", "b"] }] as const),
  ['origin: "a"', { allowedOrigins: ["a"] }],
  ["handshake_timeout: 3", { handshakeTimeoutMs: 3000 }],
  ['handshake_timeout: "300ms"', { handshakeTimeoutMs: 300 }],
  ['handshake_timeout: "-5s"', { handshakeTimeoutMs: 0 }],
  ["compression: true", { compression: true }],
  ["compress: true", { compression: true }],
  [
    "authorization: { user: a, pass: b, timeout: 0.5 }",
    { authorization: { ...NO_LOG_IN, username: "a", password: "b", timeoutMs: 500 } },
  ],
  [
    'authentication: { username: a, password: b, token: "" }',
    { authorization: { ...NO_LOG_IN, username: "a", password: "b", timeoutMs: undefined } },
  ],
  [
    'authorization: { token: c, timeout: "5s" }',
    { authorization: { ...NO_LOG_IN, token: "c", timeoutMs: 5000 } },
  ],
  ["no_auth_user: a", { noAuthUser: "a" }],
  [
    "jwt_cookie: a, user_cookie: b, pass_cookie: c, token_cookie: d",
    { jwtCookie: "a", userCookie: "b", passCookie: "c", tokenCookie: "d" },
  ],
  ['ping_interval: "30s"', { pingIntervalMs: 30_000 }],
  ['ping_interval: "0s"', {}],
  [
    "headers: { X-One: a, x-two: b }",
    {
      headers: [
        { name: "X-One", value: "a" },
        { name: "x-two", value: "b" },
      ],
    },
  ],
];

const REFUSALS: readonly Refusal[] = [
  {
    what: "a block that is no map",
    text: "ws: 8080",
    errors: ["1:0: Expected websocket to be a map, got int64"],
  },
  {
    what: "unknown fields",
    text: "ws {\n same_orgin: true\n}",
    errors: ['2:2: unknown field "same_orgin", did you mean "same_origin"?'],
  },
  {
    what: "addresses that are none",
    text: 'ws {\n listen: "a"\n}',
    errors: ['2:2: could not parse address string "a"'],
  },
  {
    what: "ports that are no numbers",
    text: 'ws {\n listen: "a:b"\n port: "80"\n}',
    errors: [
      '2:2: could not parse port "b"',
      "3:2: interface conversion: interface {} is string, not int64",
    ],
  },
  {
    what: "addresses of another type",
    text: "ws {\n listen: true\n}",
    errors: ["2:2: expected port or host:port, got bool"],
  },
  {
    what: "ports that do not exist",
    text: "ws {\n port: 70000\n}",
    errors: ["2:2: port value is too big"],
  },
  {
    what: "what is wrong in its tls block",
    text: "ws {\n tls {\n  verify: 5\n  cert_file: a\n }\n}",
    errors: [
      "3:3: error parsing tls config, expected 'verify' to be a boolean",
      "2:2: missing 'key_file' in TLS configuration",
    ],
  },
  {
    what: "origins that are no texts",
    text: "ws {\n origins: 5\n}",
    errors: ["2:2: error parsing allowed origins: unsupported type int64"],
  },
  {
    what: "items of origins that are no texts",
    text: "ws {\n origins: [ a, 5\n true ]\n}",
    errors: [
      "2:16: error parsing allowed origins: unsupported type in array int64",
      "3:2: error parsing allowed origins: unsupported type in array bool",
    ],
  },
  {
    what: "a handshake_timeout that is no duration",
    text: "ws {\n handshake_timeout: soon\n}",
    errors: ['2:2: time: invalid duration "soon"'],
  },
  {
    what: "a handshake_timeout of another type",
    text: "ws {\n handshake_timeout: 1.5\n}",
    errors: ["2:2: error parsing handshake timeout: unsupported type float64"],
  },
  {
    what: "a ping_interval that is no duration",
    text: "ws {\n ping_interval: soon\n}",
    errors: ['2:2: error parsing ping_interval: time: invalid duration "soon"'],
  },
  {
    what: "headers that are no map",
    text: "ws {\n headers: [ a ]\n}",
    errors: ["2:2: error parsing headers: unsupported type []interface {}"],
  },
  {
    what: "each header that is no text",
    text: "ws {\n headers {\n  a: b\n  c: 5\n  d: true\n }\n}",
    errors: [
      "4:3: error parsing header key c: unsupported type int64",
      "5:3: error parsing header key d: unsupported type bool",
    ],
  },
  {
    what: "an authorization that is no map",
    text: "ws {\n authorization: hunter2\n}",
    errors: ["2:2: interface conversion: interface {} is string, not map[string]interface {}"],
  },
  {
    what: "what is wrong in its authorization, without secrets",
    text: "ws {\n authorization {\n  pass: 123456\n  timeout: true\n  users: [ hunter2 ]\n }\n}",
    errors: [
      "3:3: interface conversion: interface {} is int64, not string",
      "4:3: error parsing authorization config, 'timeout' wrong type",
      '5:3: unknown field "users", did you mean "user"?',
    ],
  },
];

function settingsOf(fields: string): WebsocketSettings {
  const { value, errors, warnings } = readKind(websocketKind, `websocket { ${fields} }`);
  expect([...errors, ...warnings]).toEqual([]);
  if (value === undefined) throw new Error("no settings");
  return value;
}

describe("websocket", () => {
  for (const [fields, changes] of MEANINGS) {
    test(`reads ${fields === "" ? "no fields" : fields}`, () => {
      expect(settingsOf(fields)).toEqual({ ...EMPTY, ...changes });
    });
  }

  test("has a tls block like the server itself", () => {
    const { tls } = settingsOf("tls { cert_file: a, key_file: b, timeout: 3 }");
    expect(tls).toMatchObject({ certFile: "a", keyFile: "b", timeoutMs: 3000 });
  });

  test("warns of durations without a unit", () => {
    const { value, warnings } = readKind(websocketKind, "ws {\n Ping_Interval: 5\n}");
    expect(value?.pingIntervalMs).toBe(5000);
    const hint = "ping_interval should be converted to a duration";
    expect(warnings).toEqual([`2:2: invalid use of field "ping_interval": ${hint}`]);
  });
});

describe("websocket: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readKind(websocketKind, text).errors).toEqual([...errors]));
  }
});

/** Fields beside a port and `no_tls`, and what is said about them on a server without users. */
const VIOLATIONS: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  [
    'origins: [ "http://a", "b", "ftp://c" ]',
    [
      'unable to parse allowed origin: parse "b": invalid URI for request',
      'unable to parse allowed origin "ftp://c": ' +
        "allowed origins must be absolute URLs with http or https scheme",
    ],
  ],
  ["no_auth_user: a", ['no_auth_user: "a" present, but users/nkeys are not defined']],
  ["authorization { user: a, password: b, token: c }", []],
  [
    "jwt_cookie: jwt",
    [
      "trusted operators or trusted keys configuration is required for JWT authentication " +
        'via cookie "jwt"',
    ],
  ],
  ...["Host", "content-length", "CONNECTION", "Upgrade", "Nats-No-Masking", '"a b"', '""'].map(
    (name) =>
      [
        `headers { ${name}: x }`,
        [`websocket: invalid header "${name.replaceAll('"', "")}" not allowed`],
      ] as const,
  ),
  ['headers { X-A: "b\\r\\nc: hunter2" }', ['websocket: invalid header "X-A" not allowed']],
  [
    "headers { sec-WebSocket-Accept: x }",
    ['websocket: invalid header "sec-WebSocket-Accept", "Sec-WebSocket-" prefix not allowed'],
  ],
];

describe("checkWebsocket", () => {
  const check = (fields: string, surroundings: LogInSurroundings = NO_LOG_INS) =>
    checkWebsocket(settingsOf(fields), surroundings);

  for (const [fields, problems] of VIOLATIONS) {
    test(`says about ${fields === "" ? "nothing else" : fields}`, () => {
      expect(check(`port: -1, no_tls: true, ${fields}`)).toEqual([...problems]);
    });
  }

  test("wants TLS unless told that there is none", () => {
    expect(check("port: 80")).toEqual(["websocket requires TLS configuration"]);
    expect(check("port: 80, tls {}")).toEqual([]);
    expect(check("port: 80, no_tls: true, tls {}")).toEqual([]);
  });

  test("looks into the tls block", () => {
    expect(check("port: 80, tls { ocsp_peer: true }")).toHaveLength(1);
  });

  test("says nothing if there is no port", () => {
    expect(check("jwt_cookie: a, origins: b, no_auth_user: c")).toEqual([]);
  });

  test("has no user or token of its own where users are declared", () => {
    const problems = [
      "websocket authentication username not compatible with presence of users/nkeys",
      "websocket authentication token not compatible with presence of users/nkeys",
    ];
    const fields = "port: 80, no_tls: true, authorization { user: a, token: b }";
    for (const surroundings of withUsers("x")) {
      expect(check(fields, surroundings)).toEqual(problems);
    }
    expect(check(fields, { ...NO_LOG_INS, users: [] })).toEqual([]);
  });

  test("logs clients in as a user that there is", () => {
    const fields = "port: 80, no_tls: true, no_auth_user: a";
    for (const surroundings of withUsers("a")) expect(check(fields, surroundings)).toEqual([]);
    for (const surroundings of withUsers("b")) {
      expect(check(fields, surroundings)).toEqual([
        'no_auth_user: "a" not present as user or nkey in authorization block ' +
          "or account configuration",
      ]);
    }
  });

  test("takes JWTs from cookies in operator mode only, without other users", () => {
    const fields = "port: 80, no_tls: true, jwt_cookie: a";
    expect(check(fields, { ...NO_LOG_INS, hasTrustedKeys: true })).toEqual([]);
    expect(check(fields, { ...NO_LOG_INS, hasOperators: true })).toEqual([]);
    expect(check(`${fields}, no_auth_user: b`, { ...NO_LOG_INS, hasOperators: true })).toEqual([
      "no_auth_user not compatible with Trusted Operator",
    ]);
  });
});
