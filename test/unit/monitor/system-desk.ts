/**
 * The services of the system account over a broker in memory, and somebody in that account who asks
 * them. Used by the tests of system requests.
 */
import { InternalClient } from "../../../src/broker/internal-client.ts";
import type { Account } from "../../../src/broker/account.ts";
import { ServerInfoSource } from "../../../src/broker/server-info.ts";
import { ServiceExport } from "../../../src/broker/service-export.ts";
import { ServiceImport } from "../../../src/broker/service-import.ts";
import { Subscription } from "../../../src/broker/subscription.ts";
import type { ServerActions, SystemRequestsSettings } from "../../../src/monitor/system-port.ts";
import { SystemRequests } from "../../../src/monitor/system-requests.ts";
import { systemImports } from "../../../src/monitor/system-services.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";
import { Logger } from "../../../src/util/logger.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

export interface Answer {
  /** The header block; "" without one. */
  readonly headers: string;
  readonly payload: Uint8Array;
}

/** Of the first client: the one that asks comes before. */
export const FIRST_CID = 2;

const INBOX = "_INBOX.desk";

export class SystemDesk {
  readonly monitored: MonitoredBroker;
  readonly asker: InternalClient;
  readonly id: string;
  /** Errors in the log. */
  readonly errors: string[];
  /** What the server was made to do. */
  readonly deeds: string[];
  /** Why a reload is refused. */
  refusal: string | undefined;
  /** Clients that can be told of lame duck mode. */
  readonly warnable: Set<number>;
  readonly #requests: SystemRequests;
  #answers: Answer[];

  constructor(config = "", overrides: Partial<SystemRequestsSettings> = {}) {
    this.monitored = new MonitoredBroker(config);
    const { subject, facts, broker } = this.monitored;
    const logger = new Logger(this.monitored.options, { sink: { write: () => {} } });
    const account = systemAccountOf(this.monitored);
    this.id = subject.identity.id;
    this.errors = [];
    this.deeds = [];
    this.refusal = undefined;
    this.warnable = new Set();
    this.#answers = [];
    const server = {
      ...{ identity: subject.identity, host: "10.1.2.3", tags: ["edge", "zone:a"], metadata: {} },
      ...{ startMs: 0, usage: facts.usage },
    };
    const serverInfo = new ServerInfoSource(server, subject.clock);
    this.#requests = new SystemRequests({
      subject,
      facts: () => facts,
      server,
      account,
      openPort: () => new InternalClient(broker, account, logger),
      actions: this.#actions(),
      events: async () => ({
        serverInfo,
        statisticsBody: (info) => ({ server: info, statsz: { cores: 4 } }),
        broadcastStatistics: () => this.deeds.push("broadcast"),
      }),
      logger: { error: (text) => this.errors.push(text) },
      ...overrides,
    });
    this.#requests.start();
    this.asker = new InternalClient(broker, account, logger);
  }

  /** Makes somewhere for answers to come to; those who ask do it by themselves. */
  openInbox(): void {
    if (this.asker.subscriptionCount > 0) return;
    this.asker.subscribe(`${INBOX}.>`, ({ headers, payload }) => {
      this.#answers.push({ headers: Buffer.from(headers).toString(), payload });
    });
  }

  #actions(): ServerActions {
    return {
      reload: async () => {
        this.deeds.push("reload");
        return this.refusal;
      },
      announceLameDuck: (cid) => this.warnable.has(cid) && this.deeds.push(`warn ${cid}`) > 0,
      endTurn: () => this.deeds.push("end of turn"),
    };
  }

  /** Has the account import what all accounts import. */
  giveServices(importer: Account): void {
    const { broker } = this.monitored;
    const exporter = systemAccountOf(this.monitored);
    for (const one of systemImports(importer.name, importer === exporter)) {
      const receiver = new ServiceImport(broker.services, {
        importer,
        exporter,
        service: new ServiceExport(one.service),
        remote: one.subject,
        transform: undefined,
        keepsSubject: false,
        isShared: one.isShared,
      });
      const subscription = new Subscription(receiver, 0, undefined);
      importer.subscribe(subjectBytes(one.localSubject), subscription);
    }
  }

  /** All answers to a request. `headers` are lines of a header block. */
  async answersTo(subject: string, body = "", ...headers: string[]): Promise<Answer[]> {
    this.#answers = [];
    this.openInbox();
    const lines = ["NATS/1.0", ...headers, "", ""].join("\r\n");
    const block = headers.length === 0 ? new Uint8Array(0) : Buffer.from(lines);
    this.asker.publish({ subject, reply: `${INBOX}.1`, headers: block, payload: body });
    await settled();
    return this.#answers;
  }

  /** Sends a request that nobody waits for. */
  async tell(subject: string, body = ""): Promise<void> {
    this.openInbox();
    this.asker.publish({ subject, payload: body });
    await settled();
  }

  /** The only answer, as JSON has it; undefined if there is none. */
  async ask(subject: string, body = "", ...headers: string[]): Promise<unknown> {
    const [answer, ...others] = await this.answersTo(subject, body, ...headers);
    if (others.length > 0) throw new Error(`${others.length + 1} answers to ${subject}`);
    return answer === undefined ? undefined : JSON.parse(Buffer.from(answer.payload).toString());
  }

  /** As `ask`, of this server by its id. */
  askServer(name: string, body = "", ...headers: string[]): Promise<unknown> {
    return this.ask(`$SYS.REQ.SERVER.${this.id}.${name}`, body, ...headers);
  }
}

function systemAccountOf({ broker }: MonitoredBroker): Account {
  const { systemAccount } = broker;
  if (systemAccount === undefined) throw new Error("there is no system account");
  return systemAccount;
}

/** What was loaded or waited for is there, and answers that follow from it. */
export async function settled(): Promise<void> {
  await import("../../../src/monitor/system-answers.ts");
  await new Promise<void>((resolve) => setImmediate(resolve));
}
