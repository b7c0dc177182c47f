/**
 * Users with a name and a password: those of the authorization block and of accounts. Also who has
 * presented nothing, where `no_auth_user` is one of them.
 */
import type { ConnectionType } from "../config/blocks/connection-types.ts";
import type { Credentials, Verdict } from "./authenticator.ts";
import { isBcryptHash } from "./bcrypt.ts";
import { certificateUser } from "./certificate-user.ts";
import type { ListedUser } from "./listed-user.ts";
import type { Method, MethodSetup } from "./method.ts";
import { refusals } from "./refusals.ts";
import { goQuoted } from "../util/go-quoted.ts";

/** A name has to be known; without one the next methods are asked. */
export function makeUsers(setup: MethodSetup): Method | undefined {
  const { options, users, noAuthUser, secrets } = setup;
  if (users.size === 0) return undefined;
  if (options.tls?.verifyAndMap === true) return byCertificate(setup);
  const silent = users.get(noAuthUser);
  return (logIn) => {
    const { credentials } = logIn;
    if (silent !== undefined && isNobody(credentials)) {
      return admitSilent(silent, credentials.connectionType);
    }
    if (credentials.user === "") return undefined;
    const user = users.get(credentials.user);
    if (user === undefined) return refusals.unknownUser;
    const obstacle = user.obstacle(credentials.connectionType);
    if (obstacle !== undefined) return obstacle;
    const secret = { configured: user.password, given: credentials.password };
    return secrets.judge(secret, logIn, user.granted);
  };
}

/** The certificate says who it is; what CONNECT says of a user counts for nothing. */
function byCertificate({ users, secrets }: MethodSetup): Method {
  return (logIn) => {
    const { credentials, applicant } = logIn;
    const { user: claimed, password } = credentials;
    const user = certificateUser(credentials, users, (text) => applicant.debug(text));
    if (user === undefined) return refusals.unknownCertificate;
    if (claimed !== "") {
      const text = `User ${goQuoted(claimed)} found in connect proto`;
      applicant.warn(`${text}, but user required from cert`);
    }
    const obstacle = user.obstacle(credentials.connectionType);
    if (obstacle !== undefined) return obstacle;
    return secrets.judge({ configured: user.password, given: password }, logIn, user.granted);
  };
}

/** A key or a JWT does not count: nothing here could be done with it. */
function isNobody({ user, password, token }: Credentials): boolean {
  return user === "" && password === "" && token === "";
}

/**
 * The verdict on who has presented nothing, as if it were the password as configured: of no use if
 * that is a hash.
 */
export function admitSilent(user: ListedUser, type: ConnectionType): Verdict {
  const obstacle = user.obstacle(type);
  if (obstacle !== undefined) return obstacle;
  return isBcryptHash(user.password) ? refusals.hashedNoAuthUser : user.grantedUnproven;
}
