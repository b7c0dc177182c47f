/**
 * The block `accounts`: a map of accounts by name, or an array of names. Each account is read and
 * checked by itself; how accounts fit together is for `check-accounts.ts`, once the whole file has
 * been read.
 */
import { type ConfigNode, type MapEntry, type Position, goTypeName } from "../config-node.ts";
import { stringOf } from "../node-values.ts";
import { type ReadPlace, fileOnly } from "../option-kinds.ts";
import { OptionValueError } from "../option-value-error.ts";
import { type ExportSettings, readExports } from "./account-exports.ts";
import { type ImportSettings, readImports } from "./account-imports.ts";
import { type AccountLimits, NO_LIMITS, readLimits } from "./account-limits.ts";
import { attempt, field, readBlock, readEach } from "./block.ts";
import { type MappingSettings, readMappings } from "./mappings.ts";
import { type MessageTraceSettings, readMessageTrace } from "./message-trace.ts";
import { type PermissionSettings, readPermissions } from "./permissions.ts";
import { isPublicKeyFor, shownKey } from "./public-key.ts";
import { type UserSettings, readUsers } from "./users.ts";

/** The account of those who have no other; it always exists and cannot be configured. */
export const GLOBAL_ACCOUNT = "$G";

export interface AccountSettings {
  readonly name: string;
  /** A public account key. */
  readonly nkey: string | undefined;
  readonly users: readonly UserSettings[];
  /** Where `users` stands in the file, for messages about them. */
  readonly usersPosition: Position | undefined;
  /** Of users that have none of their own. */
  readonly defaultPermissions: PermissionSettings | undefined;
  readonly exports: readonly ExportSettings[];
  readonly imports: readonly ImportSettings[];
  readonly mappings: readonly MappingSettings[];
  readonly limits: AccountLimits;
  readonly messageTrace: MessageTraceSettings | undefined;
}

const ACCOUNT_FIELDS = {
  nkey: field(["nkey"], readKey),
  users: field(["users"], readUsers),
  defaultPermissions: field(["default_permissions"], readPermissions),
  exports: field(["exports"], readExports),
  imports: field(["imports"], readImports),
  mappings: field(["mappings", "maps"], readMappings),
  limits: field(["limits"], readLimits),
  messageTrace: field(["msg_trace", "trace_dest"], readMessageTrace),
  // There is no JetStream to configure.
  jetStream: field(["jetstream"], () => undefined),
};

/** In the order of the file. */
export const accountsKind = fileOnly<readonly AccountSettings[]>("accounts", (node, place) => {
  if (node.kind === "map") {
    return [...node.entries.values()].flatMap((entry) => readNamed(entry, place) ?? []);
  }
  if (node.kind === "array") return readNames(node.items, place);
  const found = goTypeName(node);
  throw new OptionValueError(`Expected accounts to be a map/struct or an array, got ${found}`);
});

function readNames(items: readonly ConfigNode[], { problems }: ReadPlace): AccountSettings[] {
  const names = new Set<string>();
  return readEach(items, problems, (item) => {
    const name = checkedName(stringOf(item));
    if (names.has(name)) throw new OptionValueError(`Duplicate Account Entry: ${name}`);
    names.add(name);
    return emptyAccount(name);
  });
}

function readNamed(entry: MapEntry, place: ReadPlace): AccountSettings | undefined {
  const { key, node, isUsed, position } = entry;
  if (isUsed) return undefined;
  return attempt(position, place.problems, () => {
    if (node.kind !== "map") throw new OptionValueError("Expected map entries for accounts");
    const name = checkedName(key);
    const { values, given } = readBlock(node, ACCOUNT_FIELDS, place);
    const empty = emptyAccount(name);
    return {
      name,
      nkey: values.nkey,
      users: values.users ?? empty.users,
      usersPosition: given.users?.position,
      defaultPermissions: values.defaultPermissions,
      exports: values.exports ?? empty.exports,
      imports: values.imports ?? empty.imports,
      mappings: values.mappings ?? empty.mappings,
      limits: values.limits ?? empty.limits,
      messageTrace: values.messageTrace,
    };
  });
}

function checkedName(name: string): string {
  if (name !== GLOBAL_ACCOUNT) return name;
  throw new OptionValueError(`${JSON.stringify(name)} is a Reserved Account`);
}

function emptyAccount(name: string): AccountSettings {
  return {
    name,
    nkey: undefined,
    users: [],
    usersPosition: undefined,
    defaultPermissions: undefined,
    exports: [],
    imports: [],
    mappings: [],
    limits: NO_LIMITS,
    messageTrace: undefined,
  };
}

function readKey(node: ConfigNode): string {
  const text = stringOf(node);
  if (isPublicKeyFor("account", text)) return text;
  throw new OptionValueError(`Not a valid public nkey for an account: ${shownKey(text)}`);
}
