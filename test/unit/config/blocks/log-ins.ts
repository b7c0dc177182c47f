/** What the rest of a configuration may say about log-ins, for the checks of listeners. */
import type { LogInSurroundings } from "../../../../src/config/blocks/listener-authorization.ts";
import { readUserBlocks } from "./user-blocks.ts";

/** A configuration without users, accounts and operators. */
export const NO_LOG_INS: LogInSurroundings = {
  users: undefined,
  accounts: [],
  hasOperators: false,
  hasTrustedKeys: false,
};

/** The user `name` in the authorization block, and in an account. */
export function withUsers(name: string): readonly LogInSurroundings[] {
  const user = `{ user: ${name}, password: b }`;
  const { authorization } = readUserBlocks(`authorization { users: [ ${user} ] }`);
  const { accounts } = readUserBlocks(`accounts { A { users: [ ${user} ] } }`);
  return [
    { ...NO_LOG_INS, users: authorization?.users },
    { ...NO_LOG_INS, accounts },
  ];
}
