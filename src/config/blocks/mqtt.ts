/**
 * The block `mqtt`: a listener for MQTT clients and how their messages are handled. Used by the
 * option table; `checkMqtt` is called with the complete options. Settings about JetStream, on which
 * nats-server stores its MQTT sessions, are read and have no effect.
 */
import type { ConfigNode } from "../config-node.ts";
import { listenAddress } from "../listen-address.ts";
import { booleanOf, integerOf, stringOf } from "../node-values.ts";
import { type ReadPlace, port } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, mapOr, readBlock } from "./block.ts";
import {
  type ListenerAuthorization,
  type LogInSurroundings,
  listenerLogInProblems,
  readListenerAuthorization,
} from "./listener-authorization.ts";
import { fileNaming } from "./named-files.ts";
import { namedDuration } from "./spans.ts";
import { givenText } from "./text-list.ts";
import { checkTlsFiles, tlsPosition } from "./tls-files.ts";
import type { TlsSettings } from "./tls-settings.ts";
import { checkTls, readTls } from "./tls.ts";

export interface MqttSettings {
  /** Undefined: every address. */
  readonly host: string | undefined;
  /** 0: no listener; -1: any free port. */
  readonly port: number;
  readonly tls: TlsSettings | undefined;
  readonly authorization: ListenerAuthorization | undefined;
  readonly noAuthUser: string | undefined;
  /** After which a message that is not acknowledged is sent again; undefined or 0: 30 s. */
  readonly ackWaitMs: number | undefined;
  /** Unacknowledged messages of a session; undefined or 0: 1024. */
  readonly maxAckPending: number | undefined;
  /** After which the subscriptions of a client that is gone are dropped; undefined or 0: never. */
  readonly consumerInactiveThresholdMs: number | undefined;
  /** Publishing with QoS 2 ends the connection. */
  readonly rejectQos2Publish: boolean;
  /** Subscriptions with QoS 2 are granted QoS 1. */
  readonly downgradeQos2Subscribe: boolean;
  /** Of JetStream, like the fields below: without effect. */
  readonly jsApiTimeoutMs: number | undefined;
  readonly jsDomain: string | undefined;
  readonly streamReplicas: number | undefined;
  readonly consumerMemoryStorage: boolean;
}

const MAX_ACK_PENDING = 65_535;

const PORT = port();

const MQTT_FIELDS = {
  listen: field(["listen"], listenAddress),
  host: field(["host", "net"], stringOf),
  port: field(["port"], PORT.read),
  tls: field(["tls"], readTls),
  authorization: field(["authorization", "authentication"], readListenerAuthorization),
  noAuthUser: field(["no_auth_user"], stringOf),
  ackWaitMs: field(["ack_wait", "ackwait"], namedDuration("ack_wait")),
  maxAckPending: field(["max_ack_pending", "max_pending", "max_inflight"], readMaxAckPending),
  consumerInactiveThresholdMs: field(
    ["consumer_inactive_threshold", "consumer_auto_cleanup"],
    namedDuration("consumer_inactive_threshold"),
  ),
  rejectQos2Publish: field(["reject_qos2_publish"], booleanOf),
  downgradeQos2Subscribe: field(["downgrade_qos2_subscribe"], booleanOf),
  jsApiTimeoutMs: field(["js_api_timeout", "api_timeout"], namedDuration("js_api_timeout")),
  jsDomain: field(["js_domain"], stringOf),
  streamReplicas: field(["stream_replicas"], integerOf),
  consumerReplicas: field(["consumer_replicas"], warnOfConsumerReplicas),
  consumerMemoryStorage: field(["consumer_memory_storage"], booleanOf),
};

export const mqttKind = fileNaming(
  "mqtt",
  readMqtt,
  (settings: MqttSettings, node, files, problems) => {
    if (settings.tls === undefined) return;
    checkTlsFiles(settings.tls, tlsPosition(node), problems, (path) => files.read(path));
  },
);

/** Why a server cannot run with these settings, in nats-server's words; none without a port. */
export function checkMqtt(
  settings: MqttSettings,
  surroundings: LogInSurroundings,
): readonly string[] {
  if (settings.port === 0) return [];
  const problems = listenerLogInProblems("mqtt", settings, surroundings);
  const { ackWaitMs = 0, jsApiTimeoutMs = 0 } = settings;
  if (ackWaitMs < 0) problems.push("ack wait must be a positive value");
  if (jsApiTimeoutMs < 0) problems.push("JS API timeout must be a positive value");
  if (settings.tls !== undefined) problems.push(...checkTls(settings.tls));
  return problems;
}

function readMqtt(node: ConfigNode, place: ReadPlace): MqttSettings {
  const map = mapOr(node, (found) => `Expected mqtt to be a map, got ${found}`);
  const { values } = readBlock(map, MQTT_FIELDS, place);
  return {
    host: givenText(values.host ?? values.listen?.host),
    port: values.port ?? values.listen?.port ?? 0,
    tls: values.tls,
    authorization: values.authorization,
    noAuthUser: givenText(values.noAuthUser),
    ackWaitMs: values.ackWaitMs,
    maxAckPending: values.maxAckPending,
    consumerInactiveThresholdMs: values.consumerInactiveThresholdMs,
    rejectQos2Publish: values.rejectQos2Publish ?? false,
    downgradeQos2Subscribe: values.downgradeQos2Subscribe ?? false,
    jsApiTimeoutMs: values.jsApiTimeoutMs,
    jsDomain: givenText(values.jsDomain),
    streamReplicas: values.streamReplicas,
    consumerMemoryStorage: values.consumerMemoryStorage ?? false,
  };
}

function readMaxAckPending(node: ConfigNode): number {
  const count = integerOf(node);
  if (count >= 0 && count <= MAX_ACK_PENDING) return count;
  throw new OptionValueError(`invalid value ${count}, should in [0..${MAX_ACK_PENDING}] range`);
}

function warnOfConsumerReplicas(node: ConfigNode, { key, problems }: ReadPlace): void {
  const reason = "consumer replicas setting ignored in this server version";
  problems.warn(node.position, key, reason);
}
