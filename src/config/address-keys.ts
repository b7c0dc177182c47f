/**
 * Keys of a configuration file that set two options at once, such as `listen`. Read by the loader
 * and listed by `midge options`.
 */
import type { OptionName } from "./options.ts";

/** Keys that set two options, a host and a port. */
export const ADDRESS_KEYS: ReadonlyMap<string, { host: OptionName; port: OptionName }> = new Map([
  ["listen", { host: "host", port: "port" }],
  ["http", { host: "httpHost", port: "httpPort" }],
  ["https", { host: "httpHost", port: "httpsPort" }],
]);
