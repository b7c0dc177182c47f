/**
 * `/healthz`: whether clients can connect; for probes of containers and load balancers. Body and
 * status are the reference's, and so are the options: most are about JetStream, which there is not.
 */
import type { MonitorSubject } from "./endpoint.ts";
import type { OptionSource } from "./endpoint-options.ts";

export interface HealthzOptions {
  readonly account: string;
  /** A stream of the account and a consumer of the stream, which are then required. */
  readonly stream: string;
  readonly consumer: string;
  /** Whether what is wrong comes as a list. */
  readonly details: boolean;
}

export interface Health {
  readonly status: "ok" | "error";
  /** Also of the HTTP response. */
  readonly status_code: number;
  readonly error?: string;
  readonly errors?: readonly { readonly type: string; readonly error: string }[];
}

export function healthzOptions(source: OptionSource): HealthzOptions {
  for (const name of ["js-enabled", "js-enabled-only", "js-server-only", "js-meta-only"]) {
    source.flag(name);
  }
  return {
    details: source.flag("details"),
    account: source.text("account"),
    stream: source.text("stream"),
    consumer: source.text("consumer"),
  };
}

export function healthz(subject: MonitorSubject, options: HealthzOptions): Health {
  const { account, stream, consumer, details } = options;
  const failed = (status: number, type: string, error: string): Health => {
    const what = details ? { errors: [{ type, error }] } : { error };
    return { status: "error", status_code: status, ...what };
  };
  if (account === "" && stream !== "") {
    return failed(400, "BAD_REQUEST", '"account" must not be empty when checking stream health');
  }
  if (stream === "" && consumer !== "") {
    return failed(400, "BAD_REQUEST", '"stream" must not be empty when checking consumer health');
  }
  if (subject.isReady()) return { status: "ok", status_code: 200 };
  return failed(500, "CONNECTION", "failed to be ready for connections after 1ms: server");
}
