/**
 * The rows of the table of options that are blocks of a configuration file, or belong to what such
 * blocks are about. How a block is read is in `blocks/readers.ts`, which only a server with a file
 * loads; here are its names and its type.
 */
import type { AccountSettings } from "./blocks/accounts.ts";
import type { AuthCalloutSettings } from "./blocks/auth-callout.ts";
import type { MappingSettings } from "./blocks/mappings.ts";
import type { MetricsSettings } from "./blocks/metrics.ts";
import type { MonitorAuthSettings } from "./blocks/monitor-auth.ts";
import type { MqttSettings } from "./blocks/mqtt.ts";
import type { OcspCacheSettings, OcspSettings } from "./blocks/ocsp.ts";
import type { OperatorReferences } from "./blocks/operators.ts";
import type { PermissionSettings } from "./blocks/permissions.ts";
import type { AccountJwt, ResolverSettings } from "./blocks/resolver.ts";
import type { TlsSettings } from "./blocks/tls-settings.ts";
import type { UserSettings } from "./blocks/users.ts";
import type { WebsocketSettings } from "./blocks/websocket.ts";
import { block } from "./option-kinds.ts";
import { rows } from "./option-row.ts";

// prettier-ignore
export const blockRows = rows({
  users: {
    kind: block<readonly UserSettings[] | undefined>("users"), default: undefined,
    keys: ["users"], block: "authorization", reload: "auth", field: "Users",
    group: "Authorization", secret: true,
    help: "Users with passwords or nkeys and permissions",
  },
  defaultPermissions: {
    kind: block<PermissionSettings | undefined>("permissions"), default: undefined,
    keys: ["default_permissions", "default_permission", "permissions"], block: "authorization",
    reload: "auth", field: "Permissions", group: "Authorization",
    help: "Permissions of users without their own",
  },
  authCallout: {
    kind: block<AuthCalloutSettings | undefined>("callout"), default: undefined,
    keys: ["auth_callout", "auth_hook"], block: "authorization",
    reload: "restart", field: "AuthCallout", group: "Authorization", unavailable: true,
    help: "Service that decides who may log in",
  },
  accounts: {
    kind: block<readonly AccountSettings[]>("accounts"), default: [],
    keys: ["accounts"], reload: "auth", field: "Accounts",
    group: "Authorization", secret: true,
    help: "Isolated spaces of subjects with users of their own",
  },
  mappings: {
    kind: block<readonly MappingSettings[]>("mappings"), default: [],
    keys: ["mappings", "maps"], reload: "auth", field: "Mappings",
    group: "Authorization",
    help: "Subjects to publish to in place of others",
  },
  proxies: {
    kind: block<readonly string[]>("proxies"), default: [],
    keys: ["proxies"], reload: "restart", field: "Proxies",
    group: "Authorization", unavailable: true,
    help: "Proxies whose log-ins are trusted",
  },
  metrics: {
    kind: block<MetricsSettings>("metrics"), default: { topSubjects: 0 },
    keys: ["metrics"], reload: "metrics", group: "Server",
    help: "With top_subjects, how many of the busiest subjects /metrics shows",
  },

  monitorAuth: {
    kind: block<MonitorAuthSettings | undefined>("user"), default: undefined,
    keys: ["monitor_auth"], reload: "live", group: "Server", secret: true,
    help: "User and password that monitoring asks for",
  },

  operators: {
    kind: block<OperatorReferences | undefined>("operators"), default: undefined,
    keys: ["operator", "operators", "roots", "root", "root_operators", "root_operator"],
    reload: "restart", field: "TrustedOperators", group: "Authorization", secret: true,
    unavailable: true,
    help: "Operators whose accounts may be used",
  },
  trustedKeys: {
    kind: block<readonly string[] | undefined>("keys"), default: undefined,
    keys: ["trusted_keys", "trusted"], reload: "restart", field: "TrustedKeys",
    group: "Authorization", unavailable: true,
    help: "Public keys of operators",
  },
  resolver: {
    kind: block<ResolverSettings | undefined>("resolver"), default: undefined,
    keys: ["resolver", "account_resolver", "accounts_resolver"],
    reload: "restart", field: "AccountResolver", group: "Authorization", secret: true,
    unavailable: true,
    help: "Where account JWTs come from",
  },
  resolverTls: {
    kind: block<TlsSettings | undefined>("tls"), default: undefined,
    keys: ["resolver_tls"], reload: "restart", field: "AccountResolverTLSConfig",
    group: "Authorization", secret: true, unavailable: true,
    help: "TLS towards the resolver",
  },
  resolverPreload: {
    kind: block<readonly AccountJwt[] | undefined>("map"), default: undefined,
    keys: ["resolver_preload"], reload: "restart", field: "ResolverPreloads",
    group: "Authorization", secret: true, unavailable: true,
    help: "Account JWTs to start with",
  },
  resolverPinnedAccounts: {
    kind: block<readonly string[] | undefined>("accounts"), default: undefined,
    keys: ["resolver_pinned_accounts"], reload: "restart", field: "ResolverPinnedAccounts",
    group: "Authorization", unavailable: true,
    help: "The only accounts that may connect",
  },

  tls: {
    kind: block<TlsSettings | undefined>("tls"), default: undefined,
    keys: ["tls"], reload: "live", reloadText: (tls) => `Reloaded: tls = ${tls === undefined ? "disabled" : "enabled"}`,
    group: "TLS", secret: true,
    help: "Encryption of client connections",
  },
  ocsp: {
    kind: block<OcspSettings | undefined>("ocsp"), default: undefined,
    keys: ["ocsp"], reload: "live", reloadText: () => "Reloaded: OCSP", group: "TLS",
    help: "Stapling of the certificate's state",
  },
  ocspCache: {
    kind: block<OcspCacheSettings | undefined>("ocsp cache"), default: undefined,
    keys: ["ocsp_cache"], reload: "live", reloadText: () => "Reloaded OCSP peer cache", group: "TLS",
    help: "Cache of the state of clients' certificates",
  },

  websocket: {
    kind: block<WebsocketSettings | undefined>("websocket"), default: undefined,
    keys: ["websocket", "ws"], reload: "restart", field: "Websocket", group: "Server",
    secret: true, unavailable: true,
    help: "Listener for WebSocket clients",
  },
  mqtt: {
    kind: block<MqttSettings | undefined>("mqtt"), default: undefined,
    keys: ["mqtt"], reload: "restart", field: "MQTT", group: "Server",
    secret: true, unavailable: true,
    help: "Listener for MQTT clients",
  },
});

/** Names of the options that are blocks. */
export type BlockOption = keyof typeof blockRows;
