/** `/healthz`: what makes a server healthy, and how it is told. */
import { describe, expect, test } from "bun:test";
import { QueryOptions } from "../../../src/monitor/endpoint-options.ts";
import { type HealthzOptions, healthz, healthzOptions } from "../../../src/monitor/healthz.ts";
import { MonitoredBroker } from "./monitored-broker.ts";

const DEFAULTS = healthzOptions(new QueryOptions(""));

function ask({ subject }: MonitoredBroker, options: Partial<HealthzOptions> = {}): object {
  return healthz(subject, { ...DEFAULTS, ...options });
}

describe("a server that clients can connect to", () => {
  test("is healthy, with details too", () => {
    const broker = new MonitoredBroker();
    expect(ask(broker)).toEqual({ status: "ok", status_code: 200 });
    expect(ask(broker, { details: true })).toEqual({ status: "ok", status_code: 200 });
  });

  test("is not asked about streams without an account or consumers without a stream", () => {
    const broker = new MonitoredBroker();
    expect(ask(broker, { stream: "s" })).toEqual({
      status: "error",
      status_code: 400,
      error: '"account" must not be empty when checking stream health',
    });
    expect(ask(broker, { consumer: "c", details: true })).toEqual({
      status: "error",
      status_code: 400,
      errors: [
        {
          type: "BAD_REQUEST",
          error: '"stream" must not be empty when checking consumer health',
        },
      ],
    });
  });
});

describe("a server that does not listen", () => {
  const error = "failed to be ready for connections after 1ms: server";

  test("is not healthy", () => {
    const broker = new MonitoredBroker();
    broker.isReady = false;
    expect(ask(broker)).toEqual({ status: "error", status_code: 500, error });
  });

  test("says so in a list where details are asked for", () => {
    const broker = new MonitoredBroker();
    broker.isReady = false;
    expect(ask(broker, { details: true })).toEqual({
      ...{ status: "error", status_code: 500 },
      errors: [{ type: "CONNECTION", error }],
    });
  });
});
