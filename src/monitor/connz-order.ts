/**
 * The orders in which `/connz` can list connections, one row each. Of equal connections the older
 * one comes first.
 */
import type { ConnectionView } from "./connection-view.ts";
import { EndpointError } from "./endpoint.ts";
import type { ConnectionState } from "./endpoint-options.ts";

interface Order {
  readonly key: (view: ConnectionView) => number | string;
  readonly isDescending: boolean;
  /** Undefined for what can be asked of any connection. */
  readonly only?: ConnectionState;
}

const ascending = (key: Order["key"], only?: ConnectionState): Order => {
  return { key, isDescending: false, only };
};
const descending = (key: Order["key"], only?: ConnectionState): Order => {
  return { key, isDescending: true, only };
};

const CID = ascending(({ cid }) => cid);

/** The directions are the reference's. */
const ORDERS: ReadonlyMap<string, Order> = new Map([
  ["", CID],
  ["cid", CID],
  ["start", CID],
  ["subs", descending((view) => view.subscriptionCount)],
  ["pending", descending((view) => view.pendingBytes)],
  ["msgs_to", descending((view) => view.outMessages)],
  ["msgs_from", descending((view) => view.inMessages)],
  ["bytes_to", descending((view) => view.outBytes)],
  ["bytes_from", descending((view) => view.inBytes)],
  ["last", descending((view) => view.lastActivityMs)],
  ["idle", ascending((view) => view.lastActivityMs)],
  ["uptime", ascending((view) => view.endMs - view.startMs)],
  ["stop", descending((view) => view.endMs, "closed")],
  ["reason", ascending((view) => view.reason ?? "", "closed")],
  ["rtt", descending((view) => view.rttMs)],
]);

/** Names of all orders. */
export const ORDER_NAMES: readonly string[] = [...ORDERS.keys()].filter((name) => name !== "");

/** The order of that name, "" for the usual one; throws if these connections have none such. */
export function orderNamed(name: string, state: ConnectionState): Order {
  const order = ORDERS.get(name);
  if (order === undefined) throw new EndpointError(`invalid sorting option: ${name}`);
  if (order.only !== undefined && order.only !== state) {
    throw new EndpointError(`sort by ${name} only valid on ${order.only} connections`);
  }
  return order;
}

/** Sorts in place. */
export function sortViews(views: ConnectionView[], { key, isDescending }: Order): void {
  const sign = isDescending ? -1 : 1;
  views.sort((left, right) => {
    const leftKey = key(left);
    const rightKey = key(right);
    if (leftKey === rightKey) return left.cid - right.cid;
    return leftKey < rightKey ? -sign : sign;
  });
}
