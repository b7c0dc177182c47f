/** The block `mqtt`: fields, aliases, mistakes, and what has to fit the other options. */
import { describe, expect, test } from "bun:test";
import type { LogInSurroundings } from "../../../../src/config/blocks/listener-authorization.ts";
import { type MqttSettings, checkMqtt, mqttKind } from "../../../../src/config/blocks/mqtt.ts";
import { NO_LOG_INS, withUsers } from "./log-ins.ts";
import { readKind } from "./read-kind.ts";
import type { Refusal } from "./user-blocks.ts";

const EMPTY: MqttSettings = {
  host: undefined,
  port: 0,
  tls: undefined,
  authorization: undefined,
  noAuthUser: undefined,
  ackWaitMs: undefined,
  maxAckPending: undefined,
  consumerInactiveThresholdMs: undefined,
  rejectQos2Publish: false,
  downgradeQos2Subscribe: false,
  jsApiTimeoutMs: undefined,
  jsDomain: undefined,
  streamReplicas: undefined,
  consumerMemoryStorage: false,
};

const MEANINGS: readonly (readonly [string, Partial<MqttSettings>])[] = [
  ["", {}],
  ["listen: 1883", { port: 1883 }],
  ['listen: "localhost:1883"', { host: "localhost", port: 1883 }],
  ["host: a, port: -1", { host: "a", port: -1 }],
  ["Net: a", { host: "a" }],
  [
    "authorization { user: a, pass: b }",
    {
      authorization: { username: "a", password: "b", token: undefined, timeoutMs: undefined },
    },
  ],
  [
    "authentication { token: a, timeout: 3 }",
    {
      authorization: { username: undefined, password: undefined, token: "a", timeoutMs: 3000 },
    },
  ],
  ["no_auth_user: a", { noAuthUser: "a" }],
  ['ack_wait: "1m"', { ackWaitMs: 60_000 }],
  ['ackwait: "-1s"', { ackWaitMs: -1000 }],
  ["max_ack_pending: 0", { maxAckPending: 0 }],
  ["max_pending: 65535", { maxAckPending: 65_535 }],
  ["max_inflight: 10", { maxAckPending: 10 }],
  ['js_api_timeout: "1s"', { jsApiTimeoutMs: 1000 }],
  ['api_timeout: "2s"', { jsApiTimeoutMs: 2000 }],
  ["js_domain: a", { jsDomain: "a" }],
  ["stream_replicas: 3", { streamReplicas: 3 }],
  ["consumer_memory_storage: true", { consumerMemoryStorage: true }],
  ['consumer_inactive_threshold: "1h"', { consumerInactiveThresholdMs: 3_600_000 }],
  ['consumer_auto_cleanup: "1h"', { consumerInactiveThresholdMs: 3_600_000 }],
  ["reject_qos2_publish: true", { rejectQos2Publish: true }],
  ["downgrade_qos2_subscribe: true", { downgradeQos2Subscribe: true }],
];

const REFUSALS: readonly Refusal[] = [
  {
    what: "a block that is no map",
    text: "mqtt: true",
    errors: ["1:0: Expected mqtt to be a map, got bool"],
  },
  {
    what: "too many messages in flight",
    text: "mqtt {\n max_inflight: 65536\n}",
    errors: ["2:2: invalid value 65536, should in [0..65535] range"],
  },
  {
    what: "fewer than no messages in flight",
    text: "mqtt {\n max_ack_pending: -1\n}",
    errors: ["2:2: invalid value -1, should in [0..65535] range"],
  },
  {
    what: "durations that are none, by their own name",
    text: "mqtt {\n ackwait: soon\n api_timeout: 5d\n consumer_auto_cleanup: x\n}",
    errors: [
      '2:2: error parsing ack_wait: time: invalid duration "soon"',
      '3:2: error parsing js_api_timeout: time: unknown unit "d" in duration "5d"',
      '4:2: error parsing consumer_inactive_threshold: time: invalid duration "x"',
    ],
  },
  {
    what: "values of wrong types",
    text:
      "mqtt {\n host: 5\n port: a\n tls: 5\n js_domain: 5\n stream_replicas: a\n" +
      " reject_qos2_publish: 1\n}",
    errors: [
      "2:2: interface conversion: interface {} is int64, not string",
      "3:2: interface conversion: interface {} is string, not int64",
      "4:2: interface conversion: interface {} is int64, not map[string]interface {}",
      "5:2: interface conversion: interface {} is int64, not string",
      "6:2: interface conversion: interface {} is string, not int64",
      "7:2: interface conversion: interface {} is int64, not bool",
    ],
  },
  {
    what: "unknown fields",
    text: "mqtt {\n ack_weight: 5\n same_origin: true\n}",
    errors: [
      '2:2: unknown field "ack_weight", did you mean "ack_wait"?',
      '3:2: unknown field "same_origin"',
    ],
  },
];

function settingsOf(fields: string): MqttSettings {
  const { value, errors, warnings } = readKind(mqttKind, `mqtt { ${fields} }`);
  expect([...errors, ...warnings]).toEqual([]);
  if (value === undefined) throw new Error("no settings");
  return value;
}

describe("mqtt", () => {
  for (const [fields, changes] of MEANINGS) {
    test(`reads ${fields === "" ? "no fields" : fields}`, () => {
      expect(settingsOf(fields)).toEqual({ ...EMPTY, ...changes });
    });
  }

  test("has a tls block like the server itself", () => {
    expect(settingsOf("tls { verify: true }").tls).toMatchObject({ verify: true });
  });

  test("warns of numbers that should be durations, and of what has no effect", () => {
    const text = "mqtt {\n ackwait: 5\n Consumer_Replicas: 3\n}";
    const { value, errors, warnings } = readKind(mqttKind, text);
    expect(value?.ackWaitMs).toBe(5000);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([
      '2:2: invalid use of field "ack_wait": ack_wait should be converted to a duration',
      '3:2: invalid use of field "Consumer_Replicas": ' +
        "consumer replicas setting ignored in this server version",
    ]);
  });
});

describe("mqtt: the reader reports", () => {
  for (const { what, text, errors } of REFUSALS) {
    test(what, () => expect(readKind(mqttKind, text).errors).toEqual([...errors]));
  }
});

describe("checkMqtt", () => {
  const check = (fields: string, surroundings: LogInSurroundings = NO_LOG_INS) =>
    checkMqtt(settingsOf(fields), surroundings);

  test("wants times above zero", () => {
    expect(check('port: 1883, ack_wait: "-1s", js_api_timeout: "-1s"')).toEqual([
      "ack wait must be a positive value",
      "JS API timeout must be a positive value",
    ]);
    expect(check('port: 1883, ack_wait: "0s", js_api_timeout: "0s"')).toEqual([]);
  });

  test("has no user or token of its own where users are declared", () => {
    for (const surroundings of withUsers("x")) {
      expect(check("port: 1883, authorization { user: a, token: b }", surroundings)).toEqual([
        "mqtt authentication username not compatible with presence of users/nkeys",
        "mqtt authentication token not compatible with presence of users/nkeys",
      ]);
    }
    expect(check("port: 1883, authorization { user: a, token: b }")).toEqual([]);
  });

  test("logs clients in as a user that there is", () => {
    expect(check("port: 1883, no_auth_user: a")).toEqual([
      'no_auth_user: "a" present, but users/nkeys are not defined',
    ]);
    for (const surroundings of withUsers("a")) {
      expect(check("port: 1883, no_auth_user: a", surroundings)).toEqual([]);
    }
  });

  test("looks into the tls block", () => {
    expect(check("port: 1883, tls { ocsp_peer: true }")).toHaveLength(1);
  });

  test("says nothing if there is no port", () => {
    expect(check('no_auth_user: a, ack_wait: "-1s", tls { ocsp_peer: true }')).toEqual([]);
  });
});
