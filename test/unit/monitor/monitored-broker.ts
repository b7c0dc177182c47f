/**
 * A broker with accounts and clients in memory, as endpoints see it. Users of the configuration are
 * let in by name; whoever gives none is in the global account. Used by the tests of endpoints.
 */
import type { Authenticator, Credentials, Verdict } from "../../../src/auth/authenticator.ts";
import { AccountSetUp } from "../../../src/broker/account-set-up.ts";
import type { Account } from "../../../src/broker/account.ts";
import type { Broker } from "../../../src/broker/broker.ts";
import { PermissionTable } from "../../../src/broker/permissions.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { type Options, defaultOptions, withValues } from "../../../src/config/options.ts";
import type { MonitorFacts, MonitorSubject } from "../../../src/monitor/endpoint.ts";
import { MemoryBroker, type MemoryPeer, QUIET } from "../../support/memory-broker.ts";

/** Lets in whoever the configuration has a user for. */
class ByName implements Authenticator {
  readonly isRequired = false;
  readonly isAnnounced = false;
  readonly needsNonce = false;
  readonly #broker: Broker;
  readonly #options: Options;
  readonly #permissions = new PermissionTable();

  constructor(broker: Broker, options: Options) {
    this.#broker = broker;
    this.#options = options;
  }

  authenticateSilent(): Verdict {
    return this.#verdict("");
  }

  authenticate({ user }: Credentials): Verdict {
    return this.#verdict(user);
  }

  accountOf(): Account | undefined {
    return undefined;
  }

  #verdict(identity: string): Verdict {
    const listed = this.#options.accounts.flatMap(({ name, users }) => {
      return users.filter(({ username }) => username === identity).map((user) => ({ name, user }));
    });
    const account = this.#broker.account(listed[0]?.name ?? "") ?? this.#broker.globalAccount;
    const permissions = this.#permissions.of(listed[0]?.user.permissions);
    return { grant: { account, permissions, label: "", identity, listedAs: "", proof: "" } };
  }
}

export class MonitoredBroker {
  readonly memory: MemoryBroker;
  readonly options: Options;
  readonly subject: MonitorSubject;
  readonly facts: MonitorFacts;
  /** Whether clients can connect. */
  isReady: boolean;

  /** `config` is the text of a configuration file; it may not contain mistakes. */
  constructor(config = "") {
    this.options = optionsIn(config);
    const { options } = this;
    this.memory = new MemoryBroker({
      options: { ...options, debug: false },
      authenticator: (broker) => {
        new AccountSetUp(broker).apply(options);
        return new ByName(broker, options);
      },
    });
    this.isReady = true;
    const { broker, clock, context, nats } = this.memory;
    this.subject = {
      broker,
      clock,
      logger: context.logger,
      identity: nats.identity,
      options: () => options,
      config: () => ({ digest: "", loadMs: clock.wallMs() }),
      clientAddress: () => ({ host: "0.0.0.0", port: 4222 }),
      certificates: () => undefined,
      certificateEndMs: () => undefined,
      ocspCache: () => undefined,
      authorities: () => undefined,
      isReady: () => this.isReady,
    };
    const usage = { memoryBytes: 1024, cores: 4, cpuPercent: 12.5 };
    this.facts = { startMs: clock.wallMs(), requestCounts: {}, usage };
  }

  get broker(): Broker {
    return this.memory.broker;
  }

  /** A client that has sent CONNECT with these fields, then the lines; its answers are read. */
  connect(fields: Readonly<Record<string, unknown>> = {}, ...lines: string[]): MemoryPeer {
    const peer = this.memory.connect({ ...QUIET, ...fields });
    if (lines.length > 0) peer.send(lines.map((line) => `${line}\r\n`).join(""));
    return peer;
  }
}

function optionsIn(text: string): Options {
  const source = {
    read: () => `${text}\n`,
    environment: () => undefined,
    isUsableDirectory: () => undefined,
  };
  const { values, errors } = loadConfig("test.conf", source);
  if (errors.length > 0) throw new Error(errors.join("\n"));
  return withValues(defaultOptions(), values);
}
