/**
 * What logging in needs that outlives a reload, which makes a new authenticator: one of these per
 * server.
 */
import { Random } from "../util/random.ts";
import { BcryptQueue } from "./bcrypt-queue.ts";

const NAME_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const NAME_LENGTH = 8;

export class AuthResources {
  readonly hashes: BcryptQueue;
  /**
   * Name of the user that `visitor.ts` makes: none that a configuration could have, and the same
   * after a reload.
   */
  readonly visitorName: string;

  constructor(random = new Random()) {
    this.hashes = new BcryptQueue();
    const characters = Array.from({ length: NAME_LENGTH }, () => {
      return NAME_CHARACTERS[random.below(NAME_CHARACTERS.length)]!;
    });
    this.visitorName = `nats-${characters.join("")}`;
  }
}
