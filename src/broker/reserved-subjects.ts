/**
 * Subjects that belong to the server. Rules of the reference: clients may not publish to `_GR_.x`
 * nor, outside the system account, to `$NRG.x`, nor name `_R_.`, `_R_.x`, `_GR_.x` or `$JS.ACK.x`
 * as reply. The publish rule is asked once per plan, the reply rule only when the first byte makes
 * it possible.
 */
import { Ascii } from "../util/ascii.ts";
import { sameBytes } from "../util/bytes.ts";
import type { PublishRule } from "./publish-plan.ts";

const encoder = new TextEncoder();
const GATEWAY_REPLY = encoder.encode("_GR_.");
const RAFT = encoder.encode("$NRG.");
const SERVICE_REPLY = encoder.encode("_R_.");
const ACKNOWLEDGE = encoder.encode("$JS.ACK.");

/** The queue name that only the server itself may use. */
export const RESERVED_QUEUE = "_sys_";

export function isPublishableByClients(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first !== Ascii.Underscore && first !== Ascii.Dollar) return true;
  return !hasPrefix(GATEWAY_REPLY, bytes, start, end) && !hasPrefix(RAFT, bytes, start, end);
}

/** Of clients without permissions of their own. */
export const CLIENT_RULE: PublishRule = { mayPublish: isPublishableByClients };

/** Of clients in the system account. */
export const SYSTEM_CLIENT_RULE: PublishRule = {
  mayPublish: (bytes, start, end) => !hasPrefix(GATEWAY_REPLY, bytes, start, end),
};

/** Of the server itself, and of what has been checked elsewhere. */
export const SERVER_RULE: PublishRule = { mayPublish: () => true };

export function isReservedReply(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first !== Ascii.Underscore && first !== Ascii.Dollar) return false;
  const isServiceReply =
    end - start >= SERVICE_REPLY.length && sameBytes(SERVICE_REPLY, bytes, start);
  return (
    isServiceReply ||
    hasPrefix(GATEWAY_REPLY, bytes, start, end) ||
    hasPrefix(ACKNOWLEDGE, bytes, start, end)
  );
}

/** Whether replies to the subject are acknowledgements, which services get as they are. */
export function isAcknowledge(subject: Uint8Array): boolean {
  return hasPrefix(ACKNOWLEDGE, subject, 0, subject.length);
}

/** Whether the range begins with `prefix` and goes on behind it. */
function hasPrefix(prefix: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  return end - start > prefix.length && sameBytes(prefix, bytes, start);
}
