/**
 * The methods of logging in, asked one after the other until one of them knows. Made by
 * `make-authenticator.ts` where something about users is configured, and made anew by a reload.
 */
import type { Account } from "../broker/account.ts";
import type { Applicant, Authenticator, Credentials, Verdict } from "./authenticator.ts";
import type { ListedUser } from "./listed-user.ts";
import type { Method, MethodMaker, MethodSetup } from "./method.ts";
import { makeNkeys } from "./nkeys.ts";
import { makeProxyRequired } from "./proxy-required.ts";
import { refusals } from "./refusals.ts";
import { makeSingleUser } from "./single-user.ts";
import { makeToken } from "./token.ts";
import { admitSilent, makeUsers } from "./users.ts";

/** In the order in which they are asked. */
const METHODS: readonly MethodMaker[] = [
  makeNkeys,
  makeUsers,
  makeProxyRequired,
  makeToken,
  makeSingleUser,
];

/** Holds nothing yet, waits, and has no log. */
const NEW_APPLICANT: Applicant = {
  isLive: true,
  grant: undefined,
  debug() {},
  warn() {},
};

export class Chain implements Authenticator {
  readonly isRequired = true;
  readonly isAnnounced: boolean;
  readonly needsNonce: boolean;
  readonly #methods: readonly Method[];
  readonly #setup: MethodSetup;
  readonly #noAuthUser: ListedUser | undefined;

  /** `isAnnounced` matters only with a `noAuthUser`. */
  constructor(setup: MethodSetup, isAnnounced: boolean) {
    this.isAnnounced = isAnnounced;
    this.needsNonce = setup.nkeys.size > 0;
    this.#methods = METHODS.flatMap((make) => make(setup) ?? []);
    this.#setup = setup;
    this.#noAuthUser = setup.users.get(setup.noAuthUser);
  }

  /** The user has to have a name: with a key that nobody has to sign for, CONNECT comes first. */
  authenticateSilent({ connectionType }: Credentials): Verdict | undefined {
    const user = this.#noAuthUser;
    if (user === undefined || user.obstacle(connectionType) !== undefined) return undefined;
    return admitSilent(user, connectionType);
  }

  authenticate(
    credentials: Credentials,
    applicant: Applicant = NEW_APPLICANT,
  ): Verdict | Promise<Verdict> {
    const logIn = { credentials, applicant };
    for (const method of this.#methods) {
      const verdict = method(logIn);
      if (verdict !== undefined) return verdict;
    }
    return refusals.nothingPresented;
  }

  accountOf(listedAs: string): Account | undefined {
    const { users, nkeys } = this.#setup;
    return (users.get(listedAs) ?? nkeys.get(listedAs))?.account;
  }
}
