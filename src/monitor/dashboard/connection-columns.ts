/**
 * The columns of the table of connections. `sort` are the names by which `/connz` orders, and the
 * directions are the endpoint's.
 */
import type { Connection } from "./answers.ts";
import type { Column } from "./data-table.ts";
import { shown } from "./element.ts";
import { bytes, count, roundTrip, timeOfDay } from "./format.ts";

export type ConnectionState = "open" | "closed" | "all";

const GLOBAL_ACCOUNT = "$G";

/** The endpoint leaves the global account out. */
export function accountOf({ account, name_tag: tag }: Connection): string {
  return account ?? tag ?? GLOBAL_ACCOUNT;
}

export function clientOf({ lang, version }: Connection): string {
  return [lang, version].filter((word) => word !== undefined).join(" ");
}

/** The columns of each state; `open` opens a connection. */
export function connectionColumns(
  open: (connection: Connection) => void,
): Readonly<Record<ConnectionState, readonly Column<Connection>[]>> {
  const cid: Column<Connection> = {
    title: "CID",
    show: (row) => shown(String(row.cid)),
    isNumber: true,
    sort: "cid",
    isAscending: true,
    open: (row) => () => open(row),
  };
  const stop: Column<Connection> = {
    title: "Closed",
    show: (row) => timeOfDay(row.stop),
    isNumber: true,
    sort: "stop",
  };
  const reason: Column<Connection> = {
    title: "Reason",
    show: (row) => shown(row.reason ?? "open"),
    sort: "reason",
    isAscending: true,
  };
  return {
    open: [cid, ...WHO, ...TIMES, ...TRAFFIC],
    closed: [cid, ...WHO, stop, reason, ...TIMES, ...TRAFFIC],
    // Their order would be that of the closed ones alone.
    all: [cid, ...WHO, withoutSort(stop), withoutSort(reason), ...TIMES, ...TRAFFIC],
  };
}

function withoutSort({ title, show, isNumber }: Column<Connection>): Column<Connection> {
  return { title, show, ...(isNumber === undefined ? {} : { isNumber }) };
}

const WHO: readonly Column<Connection>[] = [
  { title: "Name", show: (row) => clipped(row.name ?? "–") },
  { title: "Address", show: (row) => shown(row.ip === "" ? "–" : `${row.ip}:${row.port}`) },
  { title: "Account", show: (row) => clipped(accountOf(row)) },
  { title: "User", show: (row) => clipped(row.authorized_user ?? "–") },
  { title: "Client", show: (row) => clipped(clientOf(row) || "–") },
];

const TIMES: readonly Column<Connection>[] = [
  {
    title: "Uptime",
    show: (row) => shown(row.uptime, `since ${row.start}`),
    isNumber: true,
    sort: "uptime",
    isAscending: true,
  },
  {
    title: "Idle",
    show: (row) => shown(row.idle, `since ${row.last_activity}`),
    isNumber: true,
    sort: "idle",
  },
  { title: "RTT", show: (row) => roundTrip(row.rtt), isNumber: true, sort: "rtt" },
];

const TRAFFIC: readonly Column<Connection>[] = [
  { title: "Subs", show: (row) => count(row.subscriptions), isNumber: true, sort: "subs" },
  { title: "Pending", show: (row) => bytes(row.pending_bytes), isNumber: true, sort: "pending" },
  { title: "Msgs in", show: (row) => count(row.in_msgs), isNumber: true, sort: "msgs_from" },
  { title: "Msgs out", show: (row) => count(row.out_msgs), isNumber: true, sort: "msgs_to" },
  { title: "Bytes in", show: (row) => bytes(row.in_bytes), isNumber: true, sort: "bytes_from" },
  { title: "Bytes out", show: (row) => bytes(row.out_bytes), isNumber: true, sort: "bytes_to" },
];

const LONGEST = 40;

/** Clients choose these texts: a long one must not push the other columns away. */
function clipped(text: string) {
  return text.length <= LONGEST ? shown(text) : shown(`${text.slice(0, LONGEST - 1)}…`, text);
}
