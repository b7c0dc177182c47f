/**
 * What users may ask about themselves (`$SYS.REQ.USER.INFO`): who they are and what they may do.
 * Field names, units and what is left out are the reference's.
 */
import type { Broker } from "../broker/broker.ts";
import type {
  PermissionSettings,
  ResponseSettings,
  SubjectRules,
} from "../config/blocks/permissions.ts";
import type { Requester } from "./requester.ts";

const NS_PER_MS = 1_000_000;
const UNLIMITED = -1;

export function userInfo(broker: Broker, requester: Requester): object {
  const { user, account, userTag, cid } = requester;
  const settings = broker.connections.get(cid)?.permissions?.settings;
  return {
    user,
    account,
    account_name: broker.account(account)?.name,
    user_name: userTag || undefined,
    permissions: settings === undefined ? undefined : permissionFields(settings),
  };
}

function permissionFields({ publish, subscribe, responses }: PermissionSettings): object {
  return {
    publish: ruleFields(publish),
    subscribe: ruleFields(subscribe),
    responses: responses === undefined ? undefined : responseFields(responses),
  };
}

function ruleFields({ allow = [], deny }: SubjectRules): object {
  return {
    allow: allow.length > 0 ? allow : undefined,
    deny: deny.length > 0 ? deny : undefined,
  };
}

function responseFields({ maxMessages, expiresMs }: ResponseSettings): object {
  return {
    max: maxMessages === Infinity ? UNLIMITED : maxMessages,
    ttl: expiresMs === Infinity ? UNLIMITED : expiresMs * NS_PER_MS,
  };
}
