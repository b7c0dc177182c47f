/**
 * Who reads which block of a configuration file. Apart from the table of options, so that a server
 * without a file loads none of them.
 */
import type { Options } from "../options.ts";
import type { BlockOption } from "../block-options.ts";
import type { ValueKind } from "../option-kinds.ts";
import { accountsKind } from "./accounts.ts";
import { authCalloutKind } from "./auth-callout.ts";
import { mappingsKind } from "./mappings.ts";
import { metricsKind } from "./metrics.ts";
import { monitorAuthKind } from "./monitor-auth.ts";
import { mqttKind } from "./mqtt.ts";
import type { FileNamingKind } from "./named-files.ts";
import { ocspCacheKind, ocspKind } from "./ocsp.ts";
import { operatorsKind, trustedKeysKind } from "./operators.ts";
import { permissionsKind } from "./permissions.ts";
import { proxiesKind } from "./proxies.ts";
import { resolverKind, resolverPinnedAccountsKind, resolverPreloadKind } from "./resolver.ts";
import { tlsKind } from "./tls.ts";
import { usersKind } from "./users.ts";
import { websocketKind } from "./websocket.ts";

/** How a block is read, and how the files it names are looked at. */
type BlockReader<Value> = ValueKind<Value> & Partial<Pick<FileNamingKind<Value>, "checkFiles">>;

/** A reader for every option whose kind is `block`. */
export const blockReaders: { readonly [Name in BlockOption]: BlockReader<Options[Name]> } = {
  accounts: accountsKind,
  authCallout: authCalloutKind,
  defaultPermissions: permissionsKind,
  mappings: mappingsKind,
  metrics: metricsKind,
  monitorAuth: monitorAuthKind,
  mqtt: mqttKind,
  ocsp: ocspKind,
  ocspCache: ocspCacheKind,
  operators: operatorsKind,
  proxies: proxiesKind,
  resolver: resolverKind,
  resolverPinnedAccounts: resolverPinnedAccountsKind,
  resolverPreload: resolverPreloadKind,
  resolverTls: tlsKind,
  tls: tlsKind,
  trustedKeys: trustedKeysKind,
  users: usersKind,
  websocket: websocketKind,
};

/** The reader of an option that may be any; undefined if it is no block. */
export function blockReader(option: string): BlockReader<unknown> | undefined {
  return Object.hasOwn(blockReaders, option)
    ? (blockReaders[option as BlockOption] as BlockReader<unknown>)
    : undefined;
}
