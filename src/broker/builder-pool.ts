/**
 * Builders of messages, one for each level of delivery: while a message that the server made is on
 * its way, it may lead to another one.
 */
import { MessageBuilder } from "./message-builder.ts";

export class BuilderPool {
  readonly #free: MessageBuilder[];

  constructor() {
    this.#free = [];
  }

  take(): MessageBuilder {
    return this.#free.pop() ?? new MessageBuilder();
  }

  /** The builder's last message is not used any more. */
  give(builder: MessageBuilder): void {
    this.#free.push(builder);
  }
}
