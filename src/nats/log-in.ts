/**
 * The log-in of one client: from its CONNECT, or from its first operation where somebody may do
 * without, to a grant or a refusal. A check that takes its time (bcrypt) happens elsewhere; the
 * client's input waits for it, in order. A reload asks again with what the client said then.
 */
import type { Applicant, Credentials, Grant, Refusal, Verdict } from "../auth/authenticator.ts";
import { claimOf } from "../auth/log-in.ts";
import { refusals } from "../auth/refusals.ts";
import { closeReasons } from "../broker/close-reason.ts";
import type { ClientFacts } from "../broker/client-facts.ts";
import type { EventConnection } from "../broker/connection-events.ts";
import type { CloseReason } from "../broker/close-reason.ts";
import type { Account } from "../broker/account.ts";
import { type LoggedConnection, say } from "../connection/connection-log.ts";
import type { ConnectionContext } from "../connection/context.ts";
import type { KeepAlive } from "../connection/keep-alive.ts";
import type { TlsFacts } from "../transport/tls-facts.ts";
import { defaultConnectOptions } from "./connect.ts";
import type { ConnectOptions } from "./connect.ts";
import * as errors from "./errors.ts";
import { newNonce } from "./nonce.ts";

/** The client, as far as its log-in needs it. `client.ts` implements it. */
export interface LogInClient extends EventConnection, LoggedConnection {
  readonly context: ConnectionContext;
  readonly keepAlive: KeepAlive;
  readonly remoteAddress: string;
  readonly tls: TlsFacts | undefined;
  readonly cid: number;
  readonly startMs: number;
  readonly account: Account;
  readonly isLive: boolean;
  /** Gives up what an earlier log-in brought. */
  startAnew(): void;
  takeGrant(grant: Grant): void;
  /** The log-in is complete; it is answered if it was a CONNECT. */
  takeConnect(connect: ConnectOptions, isAnswered: boolean): void;
  /** Ends subscriptions that the grant does not allow. */
  dropForbidden(): void;
  /** Answers with the row's error, logs `logText` and the reason, and closes. */
  refuseLogIn(row: errors.ProtocolErrorRow, logText: string, reason: string): void;
  close(reason: CloseReason): void;
  /** Ends the time that it has to log in. */
  endLoginTime(): void;
  holdInput(): void;
  releaseInput(action: () => void): void;
}

export class LogIn implements Applicant {
  readonly #client: LogInClient;
  /** What the client has said; defaults before that. */
  connect: ConnectOptions;
  isConnectReceived: boolean;
  /** Whether the client is still to be let in. */
  #isPending: boolean;
  /** Undefined before CONNECT has brought one. */
  grant: Grant | undefined;
  /** What INFO gave it to sign; "" where nobody has to. */
  #nonce: string;

  constructor(client: LogInClient) {
    this.#client = client;
    this.connect = defaultConnectOptions;
    this.isConnectReceived = false;
    this.#isPending = client.context.authenticator.isRequired;
    this.grant = undefined;
    this.#nonce = "";
  }

  get isLive(): boolean {
    return this.#client.isLive;
  }

  debug(text: string): void {
    say(this.#client, "debug", "log_in", text);
  }

  warn(text: string): void {
    this.#client.context.logger.for("auth").warn(text);
  }

  /** For INFO; "" where nobody has to sign anything. */
  newNonce(): string {
    if (this.#client.context.authenticator.needsNonce) this.#nonce = newNonce();
    return this.#nonce;
  }

  /** Lets the client in as the user for those who say nothing; throws if there is none. */
  onOperationBeforeConnect(): void {
    const verdict = this.#client.context.authenticator.authenticateSilent(this.#credentials);
    if (verdict === undefined) {
      this.#tellRefusal(refusals.noConnect.refusal, undefined);
      throw new errors.ProtocolError(
        errors.protocolErrors.authorizationViolation,
        errors.refusedLogInLog(""),
      );
    }
    this.isConnectReceived = true;
    this.#takeVerdict(verdict, false);
  }

  /** Throws a `ProtocolError` if the account has no room. */
  onConnect(connect: ConnectOptions): void {
    const client = this.#client;
    const { failedLogins } = client.context;
    if (this.isConnectReceived) {
      client.startAnew();
      this.grant = undefined;
    }
    this.#isPending = true;
    this.connect = connect;
    this.isConnectReceived = true;
    const delayMs = failedLogins?.delayMsFor(client.remoteAddress) ?? 0;
    if (delayMs > 0) this.#authenticateAfter(delayMs);
    else this.#authenticate();
  }

  #authenticateAfter(delayMs: number): void {
    this.#client.endLoginTime();
    this.#client.holdInput();
    this.#client.context.clock.after(delayMs, () => {
      this.#client.releaseInput(() => this.#authenticate());
    });
  }

  #authenticate(): void {
    const client = this.#client;
    const { authenticator } = client.context;
    const verdict = authenticator.authenticate(this.#credentials, this);
    if (!(verdict instanceof Promise)) {
      this.#takeVerdict(verdict, true);
      return;
    }
    this.#waitFor(verdict, (decided) => {
      // A reload meanwhile may have made it another answer.
      if (client.context.authenticator === authenticator) this.#takeVerdict(decided, true);
      else this.#authenticate();
    });
  }

  /** Who may log in has changed. */
  reauthorize(): void {
    // Who has not logged in yet is judged by the new rules anyway.
    if (this.#isPending) return;
    const client = this.#client;
    const { authenticator } = client.context;
    const listedAs = this.grant?.listedAs ?? "";
    if (listedAs !== "" && authenticator.accountOf(listedAs) !== client.account) {
      client.close(closeReasons.clientClosed);
      return;
    }
    const verdict = this.isConnectReceived
      ? authenticator.authenticate(this.#credentials, this)
      : authenticator.authenticateSilent(this.#credentials);
    if (verdict instanceof Promise) {
      this.#waitFor(verdict, (decided) => {
        // A reload meanwhile has asked anew, and may have its answer already.
        if (client.context.authenticator === authenticator) this.#takeNewVerdict(decided);
      });
    } else {
      this.#takeNewVerdict(verdict);
    }
  }

  /** The client's input waits until it is decided. */
  #waitFor(verdict: Promise<Verdict>, take: (decided: Verdict) => void): void {
    this.#client.endLoginTime();
    this.#client.holdInput();
    void verdict.then((decided) => this.#client.releaseInput(() => take(decided)));
  }

  #takeVerdict(verdict: Verdict, isAnswered: boolean): void {
    const { connect } = this;
    const { context, remoteAddress } = this.#client;
    if ("refusal" in verdict) {
      context.failedLogins?.note(remoteAddress);
      this.#refuse(verdict.refusal, this.#client.account);
      return;
    }
    if (connect.account !== "" || connect.new_account) {
      this.#refuse(refusals.wantsAccount.refusal, undefined);
      return;
    }
    const { account } = verdict.grant;
    const limit = account.limits?.maxConnections ?? Infinity;
    if (account !== this.#client.account && account.connections >= limit) {
      // The account hears of it: events name the one that has no room.
      this.#take(verdict.grant);
      this.#tellConnect();
      throw errors.tooManyConnections();
    }
    context.failedLogins?.forget(remoteAddress);
    this.#take(verdict.grant);
    this.#tellConnect();
    this.#client.takeConnect(connect, isAnswered);
    this.#isPending = false;
  }

  #tellConnect(): void {
    this.#client.context.broker.events?.onConnect(this.#client);
  }

  #tellRefusal({ label, closes }: Refusal, judge: Account | undefined): void {
    const { broker } = this.#client.context;
    broker.counters.countRefusedLogIn(label);
    broker.events?.onAuthenticationError(this.#client, closes, judge);
  }

  #refuse(refusal: Refusal, judge: Account | undefined): void {
    const { reason, closes } = refusal;
    this.#tellRefusal(refusal, judge);
    const { logText } = claimOf(this.#credentials);
    this.#client.refuseLogIn(errors.refusedLogIn(closes), errors.refusedLogInLog(logText), reason);
  }

  #take(grant: Grant): void {
    this.grant = grant;
    this.#client.takeGrant(grant);
  }

  #takeNewVerdict(verdict: Verdict | undefined): void {
    const client = this.#client;
    if (verdict === undefined) {
      if (client.context.authenticator.isRequired) {
        this.#refuse(refusals.notLoggedIn.refusal, client.account);
      }
    } else if ("refusal" in verdict) {
      this.#refuse(verdict.refusal, client.account);
    } else if (verdict.grant.account !== client.account) {
      client.close(closeReasons.clientClosed);
    } else {
      this.#take(verdict.grant);
      this.#tellConnect();
      client.dropForbidden();
    }
  }

  get facts(): ClientFacts {
    const { startMs, remoteAddress, cid, account, keepAlive } = this.#client;
    const { name, lang, version, jwt } = this.connect;
    return {
      startMs,
      host: remoteAddress,
      cid,
      account: account.name,
      user: this.grant?.identity ?? claimOf(this.#credentials).identity,
      name,
      language: lang,
      version,
      rttMs: keepAlive.rttMs,
      jwt,
      issuerKey: this.grant?.label.startsWith("nkey:") === true ? account.name : "",
      nameTag: "",
      tags: [],
      clientType: "nats",
      mqttClient: "",
    };
  }

  get #credentials(): Credentials {
    const { user, pass, auth_token, nkey, sig, jwt } = this.connect;
    return {
      user,
      password: pass,
      token: auth_token,
      nkey,
      signature: sig,
      jwt,
      nonce: this.#nonce,
      connectionType: "STANDARD",
      certificate: this.#client.tls?.peerCertificates[0]?.names,
      address: this.#client.remoteAddress,
    };
  }
}
