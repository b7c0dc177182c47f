/**
 * Requests to the server over the system account: monitoring, and what administrators may do. This
 * file only says which subjects there are; `system-answers.ts`, loaded with the first request,
 * answers. The server makes one where there is a system account.
 *
 * It listens from the first subscription on that answers could come to: an inbox of a client, or
 * the reply subjects of requests from other accounts. Until then it costs nothing.
 */
import type { InterestFollower } from "../broker/account.ts";
import { messageOf } from "../util/system-error.ts";
import type { SystemAnswers } from "./system-answers.ts";
import type { RequestPort, SystemRequest, SystemRequestsSettings } from "./system-port.ts";

/** Whoever subscribes to this hears requests, not answers. */
const REQUESTS = Buffer.from("$SYS.REQ.");

/** `$SYS.REQ.SERVER.PING.<name>` for every server, `$SYS.REQ.SERVER.<id>.<name>` for this one. */
const SERVER_REQUESTS: readonly string[] = [
  "IDZ",
  "STATSZ",
  "VARZ",
  "SUBSZ",
  "CONNZ",
  "ROUTEZ",
  "GATEWAYZ",
  "LEAFZ",
  "ACCOUNTZ",
  "JSZ",
  "HEALTHZ",
  "PROFILEZ",
  "EXPVARZ",
  "IPQUEUESZ",
  "RAFTZ",
];

/** Only for the server that is named. */
const SERVER_ACTIONS: readonly string[] = ["RELOAD", "KICK", "LDM"];

/** `$SYS.REQ.ACCOUNT.<account>.<name>`; for STATZ the account can also be `PING`, which is all. */
const ACCOUNT_REQUESTS: readonly string[] = [
  "SUBSZ",
  "CONNZ",
  "LEAFZ",
  "JSZ",
  "INFO",
  "STATZ",
  "CONNS",
];

/** The subjects of all requests that the server with this id answers. */
export function requestSubjects(id: string): readonly string[] {
  return [
    "$SYS.REQ.SERVER.PING",
    ...SERVER_REQUESTS.map((name) => `$SYS.REQ.SERVER.PING.${name}`),
    ...[...SERVER_REQUESTS, ...SERVER_ACTIONS].map((name) => `$SYS.REQ.SERVER.${id}.${name}`),
    ...ACCOUNT_REQUESTS.map((name) => `$SYS.REQ.ACCOUNT.*.${name}`),
    "$SYS.REQ.ACCOUNT.NSUBS",
    "$SYS.REQ.USER.*.INFO",
    "$SYS.DEBUG.SUBSCRIBERS",
  ];
}

export class SystemRequests implements InterestFollower {
  readonly #settings: SystemRequestsSettings;
  #port: RequestPort | undefined;
  #answers: SystemAnswers | undefined;
  #loading: Promise<SystemAnswers | undefined> | undefined;

  constructor(settings: SystemRequestsSettings) {
    this.#settings = settings;
    this.#port = undefined;
    this.#answers = undefined;
    this.#loading = undefined;
  }

  /** The server has to have its id. */
  start(): void {
    this.#settings.account.follow(this);
  }

  onSubscribe(subject: Uint8Array): void {
    if (this.#port === undefined && !startsWith(subject, REQUESTS)) this.#listen();
  }

  onUnsubscribe(): void {}

  #listen(): void {
    const port = this.#settings.openPort();
    this.#port = port;
    const handler = (request: SystemRequest) => this.#take(request, port);
    const { id } = this.#settings.subject.identity;
    for (const subject of requestSubjects(id)) port.subscribe(subject, handler);
  }

  #take(request: SystemRequest, port: RequestPort): void {
    if (this.#answers === undefined) void this.#takeLater(request, port);
    else this.#answers.take(request);
  }

  async #takeLater(request: SystemRequest, port: RequestPort): Promise<void> {
    this.#loading ??= this.#load(port);
    const { actions, logger } = this.#settings;
    try {
      const answers = await this.#loading;
      answers?.take(request);
    } catch (error) {
      logger.error(`Internal error while answering ${request.subject}: ${messageOf(error)}`);
    }
    actions.endTurn();
  }

  async #load(port: RequestPort): Promise<SystemAnswers | undefined> {
    const [{ SystemAnswers }, events] = await Promise.all([
      import("./system-answers.ts"),
      this.#settings.events(),
    ]);
    if (events !== undefined) this.#answers = new SystemAnswers(this.#settings, port, events);
    return this.#answers;
  }
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}
