/**
 * Answers to requests over the system account. Most come in an envelope with the server and data
 * or an error; the data is that of HTTP monitoring. Envelopes, error codes, and when there is no
 * answer at all are the reference's. Loaded by `system-requests.ts`.
 */
import type { Account } from "../broker/account.ts";
import { encodeContent } from "../broker/content-encoding.ts";
import { accountStatistics, eventHead } from "../broker/event-bodies.ts";
import { headerValue } from "../broker/headers.ts";
import { goJson } from "../util/go-json.ts";
import { Nuid } from "../util/nuid.ts";
import { messageOf } from "../util/system-error.ts";
import { fromBinaryText } from "../util/binary-text.ts";
import { EndpointError, FilteredError } from "./endpoint.ts";
import { BodyOptions } from "./endpoint-options.ts";
import { eventFilter, isMeant } from "./event-filter.ts";
import { requesterOf } from "./requester.ts";
import { jsonPieces } from "./sliced-json.ts";
import { SlicedText } from "./sliced-text.ts";
import { countSubscribers } from "./subscriber-count.ts";
import {
  ACCOUNT_SERVICES,
  ActionError,
  SERVER_SERVICES,
  type SystemService,
} from "./system-data.ts";
import type {
  EventSource,
  RequestPort,
  SystemRequest,
  SystemRequestsSettings,
} from "./system-port.ts";
import { userInfo } from "./user-info.ts";

/** Codes of errors. */
const BAD_REQUEST = 400;
const FAILED = 500;

/** Requests to close a client, or to warn it, which have to say which one. */
const CLIENT_ACTIONS: readonly string[] = ["KICK", "LDM"];

export class SystemAnswers {
  readonly #settings: SystemRequestsSettings;
  readonly #port: RequestPort;
  readonly #events: EventSource;
  readonly #ids: Nuid;

  constructor(settings: SystemRequestsSettings, port: RequestPort, events: EventSource) {
    this.#settings = settings;
    this.#port = port;
    this.#events = events;
    this.#ids = new Nuid(settings.subject.broker.random);
  }

  /** Answers now or later, or not at all. */
  take(request: SystemRequest): void {
    const [, , kind, scope = "", name = ""] = request.subject.split(".");
    if (kind === "SERVER") this.#takeForServer(request, name);
    else if (kind === "USER") this.#takeForUser(request);
    else if (kind === "SUBSCRIBERS") this.#countForRequester(request);
    else if (name === "") this.#countForServer(request);
    else this.#takeForAccount(request, fromBinaryText(scope), name);
  }

  #takeForServer(request: SystemRequest, name: string): void {
    const service = SERVER_SERVICES[name];
    if (name === "" || name === "STATSZ") this.#tellStatistics(request);
    else if (name === "IDZ") this.#tellIdentity(request);
    else if (CLIENT_ACTIONS.includes(name) && !this.#namesClient(request)) return;
    else if (service !== undefined) this.#serve(request, service, "");
  }

  #takeForAccount(request: SystemRequest, account: string, name: string): void {
    const service = ACCOUNT_SERVICES[name];
    if (name === "CONNS") this.#tellConnections(request, account);
    else if (service !== undefined) this.#serve(request, service, account);
  }

  // --- In an envelope ------------------------------------------------------------------------

  #serve(request: SystemRequest, service: SystemService, account: string): void {
    if (request.reply === "") return;
    const { subject, facts, actions } = this.#settings;
    const makeData = this.#read(request, (source) => {
      return service(source, { subject, facts, actions, account });
    });
    if (makeData === undefined) return;
    try {
      const data = makeData();
      if (data instanceof Promise) void this.#answerLater(request, data);
      else this.#answer(request, data);
    } catch (error) {
      this.#fail(request, error);
    }
  }

  /** What `read` makes of the options; undefined if they are wrong, or the request for others. */
  #read<Result>(request: SystemRequest, read: (source: BodyOptions) => Result): Result | undefined {
    const { server } = this.#settings;
    const { host, tags } = server;
    try {
      const source = new BodyOptions(request.payload);
      const filter = eventFilter(source);
      const result = read(source);
      return isMeant(filter, { name: server.identity.name, host, tags }) ? result : undefined;
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      this.#reply(request, { error: { code: BAD_REQUEST, description: error.message } });
      return undefined;
    }
  }

  async #answerLater(request: SystemRequest, data: Promise<unknown>): Promise<void> {
    const { logger, actions } = this.#settings;
    try {
      this.#answer(request, await data);
    } catch (error) {
      if (error instanceof EndpointError) this.#fail(request, error);
      else logger.error(`Internal error while answering ${request.subject}: ${messageOf(error)}`);
    }
    actions.endTurn();
  }

  /** At once if that does not take long, else when all of it has been written, in slices. */
  #answer(request: SystemRequest, data: unknown): void {
    const { subject, actions } = this.#settings;
    const body = { server: this.#events.serverInfo.next(), data };
    const slices = new SlicedText(jsonPieces(body, 0), subject.clock);
    const { text: start, isLast } = slices.next();
    if (isLast) {
      this.#send(request, start);
      return;
    }
    void joined(start, slices).then((json) => {
      this.#send(request, json);
      actions.endTurn();
    });
  }

  #send(request: SystemRequest, json: string): void {
    const { headers: asked } = request;
    const content = encodeContent(json, headerValue(asked, 0, asked.length, "Accept-Encoding"));
    this.#port.publish({ subject: request.reply, ...content });
  }

  #fail(request: SystemRequest, error: unknown): void {
    if (!(error instanceof EndpointError)) throw error;
    if (error instanceof FilteredError) return;
    const data = error instanceof ActionError ? undefined : null;
    this.#reply(request, { data, error: { code: FAILED, description: error.message } });
  }

  /** Never encoded. */
  #reply({ reply }: SystemRequest, body: object): void {
    this.#publish(reply, { server: this.#events.serverInfo.next(), ...body });
  }

  #publish(subject: string, body: unknown): void {
    if (subject !== "") this.#port.publish({ subject, payload: goJson(body) });
  }

  #takeForUser(request: SystemRequest): void {
    if (request.reply === "") return;
    const requester = requesterOf(request.headers);
    if (requester === undefined) this.#reply(request, { error: { code: BAD_REQUEST } });
    else this.#reply(request, { data: userInfo(this.#settings.subject.broker, requester) });
  }

  // --- As they are ---------------------------------------------------------------------------

  #tellIdentity({ reply }: SystemRequest): void {
    const { identity, host } = this.#settings.server;
    this.#publish(reply, { name: identity.name, host, id: identity.id });
  }

  /** Without anybody who waits, to all who listen. */
  #tellStatistics(request: SystemRequest): void {
    const isMeantForUs = this.#read(request, () => true);
    if (isMeantForUs === undefined) return;
    const { serverInfo } = this.#events;
    if (request.reply === "") this.#events.broadcastStatistics();
    else this.#publish(request.reply, this.#events.statisticsBody(serverInfo.next()));
  }

  /** The event about the account's connections, if it has any. */
  #tellConnections({ payload, reply }: SystemRequest, name: string): void {
    const problem = "Error unmarshalling account connections request message";
    const asked = this.#option(payload, problem, (source) => source.text("acc"));
    if (asked === undefined) return;
    const { subject, logger } = this.#settings;
    if (asked !== "" && asked !== name) {
      logger.error("Error unmarshalled account does not match subject");
      return;
    }
    const account = subject.broker.account(name);
    if (account === undefined || account.connections === 0) return;
    const head = eventHead("account_connections", this.#ids.next(), subject.clock.wallMs());
    const server = this.#events.serverInfo.next();
    this.#publish(reply, { ...head, server, ...accountStatistics(account) });
  }

  /** `subject [queue]` stands in the body. */
  #countForRequester({ headers, payload, reply }: SystemRequest): void {
    const requester = requesterOf(headers);
    if (requester === undefined) return;
    const { broker } = this.#settings.subject;
    const name = requester.service || requester.account;
    const account = name === "" ? broker.systemAccount : broker.account(name);
    const [subject = "", queue] = Buffer.from(payload).toString("latin1").trim().split(" ");
    this.#tellCount(reply, account, subject, queue);
  }

  /** For a server that adds up the counts of several. */
  #countForServer({ payload, reply }: SystemRequest): void {
    const { subject: monitored, logger } = this.#settings;
    if (payload.length === 0) {
      logger.error("request requires a body");
      return;
    }
    const problem = "Error unmarshalling account nsubs request message";
    const asked = this.#option(payload, problem, (source) => ({
      account: source.text("acc"),
      subject: source.text("subject"),
      queue: source.text("queue"),
    }));
    if (asked === undefined) return;
    const account = monitored.broker.account(asked.account);
    if (account === undefined || account.connections === 0) return;
    const queue = asked.queue === "" ? undefined : fromBase64(asked.queue);
    this.#tellCount(reply, account, Buffer.from(asked.subject).toString("latin1"), queue);
  }

  #tellCount(
    reply: string,
    account: Account | undefined,
    subject: string,
    queue: string | undefined,
  ): void {
    if (account === undefined) return;
    const { broker } = this.#settings.subject;
    this.#publish(reply, countSubscribers(broker, account, { subject, queue }));
  }

  // --- Bodies --------------------------------------------------------------------------------

  /** Whether the body is such that a client can stand in it; else the log says so. */
  #namesClient({ payload }: SystemRequest): boolean {
    const problem = "Error unmarshalling kick client request";
    if (payload.length > 0) {
      return this.#option(payload, problem, (source) => source.unsigned("cid")) !== undefined;
    }
    this.#settings.logger.error(`${problem}: unexpected end of JSON input`);
    return false;
  }

  /** What is read from a body; undefined if that cannot be done, with `problem` in the log. */
  #option<Result>(
    payload: Uint8Array,
    problem: string,
    read: (source: BodyOptions) => Result,
  ): Result | undefined {
    try {
      return read(new BodyOptions(payload));
    } catch (error) {
      if (!(error instanceof EndpointError)) throw error;
      this.#settings.logger.error(`${problem}: ${error.message}`);
      return undefined;
    }
  }
}

async function joined(start: string, slices: SlicedText): Promise<string> {
  const texts = [start];
  for await (const text of slices.rest()) texts.push(text);
  return texts.join("");
}

/** Bytes in JSON, as text with one character per byte. */
function fromBase64(text: string): string {
  return Buffer.from(text, "base64").toString("latin1");
}
