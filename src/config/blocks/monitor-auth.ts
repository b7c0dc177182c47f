/**
 * The block `monitor_auth`: whom the monitoring port answers. An addition to nats-server's
 * configuration.
 */
import type { ConfigNode } from "../config-node.ts";
import { stringOf } from "../node-values.ts";
import { fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { field, mapOr, readBlock } from "./block.ts";

export interface MonitorAuthSettings {
  readonly user: string;
  /** In clear or as a bcrypt hash. */
  readonly password: string;
}

const FIELDS = {
  user: field(["user", "username"], userOf),
  password: field(["password", "pass"], stringOf),
};

export const monitorAuthKind = fileOnly<MonitorAuthSettings | undefined>("user", (node, place) => {
  const map = mapOr(node, (found) => `expected monitor_auth to be a map/struct, got ${found}`);
  const { user = "", password = "" } = readBlock(map, FIELDS, place).values;
  if (user !== "" && password !== "") return { user, password };
  throw new OptionValueError("monitor_auth needs a user and a password");
});

/** HTTP's Basic scheme ends the name with the first colon (RFC 7617). */
function userOf(node: ConfigNode): string {
  const user = stringOf(node);
  if (user.includes(":")) throw new OptionValueError("a user of monitor_auth has no colon");
  return user;
}
