/**
 * Keys of nats-server that midge knows and does not have: links between servers and JetStream,
 * which a file with them counts on, and settings that mean nothing without them.
 */

/** By key: what it configures. A file with one of them is refused unless told to ignore it. */
export const UNSUPPORTED_KEYS: ReadonlyMap<string, string> = new Map([
  ["cluster", "clustering"],
  ["gateway", "gateways"],
  ["leafnodes", "leaf nodes"],
  ["leaf", "leaf nodes"],
  ["jetstream", "JetStream"],
]);

/** Keys that have no effect here; each is worth a line in the log. */
export const IGNORED_KEYS: ReadonlySet<string> = new Set([
  "store_dir",
  "storedir",
  "default_js_domain",
  "connect_error_reports",
  "reconnect_error_reports",
  "feature_flags",
]);

/** `jetstream: false` and the like ask for nothing. */
export const DISABLED_VALUES: ReadonlySet<string> = new Set(["disabled", "disable", "false"]);
