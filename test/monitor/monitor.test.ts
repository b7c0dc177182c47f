/** The monitoring server: when it listens, and that bugs of an endpoint stay with it. */
import { describe, expect, test } from "bun:test";
import type { MonitorSubject } from "../../src/monitor/endpoint.ts";
import { Monitor } from "../../src/monitor/monitor.ts";
import { MonitoredBroker } from "../unit/monitor/monitored-broker.ts";

const CONFIG = `host: "127.0.0.1", http_port: -1`;

async function withMonitor(
  config: string,
  use: (monitor: Monitor) => Promise<void>,
  overrides: Partial<MonitorSubject> = {},
): Promise<void> {
  const monitor = new Monitor({ ...new MonitoredBroker(config).subject, ...overrides });
  monitor.start();
  try {
    await use(monitor);
  } finally {
    monitor.stop();
  }
}

describe("the monitoring server", () => {
  test("does not listen without a port", async () => {
    await withMonitor("", async (monitor) => expect(monitor.port).toBeUndefined());
  });

  test("answers on the port it was given, and counts what it is asked", async () => {
    await withMonitor(CONFIG, async (monitor) => {
      const answer = await fetch(`http://127.0.0.1:${monitor.port}/healthz`);
      expect(await answer.json()).toEqual({ status: "ok" });
      expect(monitor.facts.requestCounts).toEqual({ "/healthz": 1 });
    });
  });

  test("keeps its port while it pauses", async () => {
    await withMonitor(CONFIG, async (monitor) => {
      const { port } = monitor;
      monitor.stopListening();
      expect(monitor.port).toBe(port);
      monitor.restartListening();
      expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    });
  });

  test("survives a bug in an endpoint", async () => {
    const isReady = () => {
      throw new Error("a bug");
    };
    await withMonitor(
      CONFIG,
      async (monitor) => {
        const answer = await fetch(`http://127.0.0.1:${monitor.port}/healthz`);
        expect([answer.status, await answer.text()]).toEqual([500, "Internal error: a bug\n"]);
        expect((await fetch(`http://127.0.0.1:${monitor.port}/leafz`)).status).toBe(200);
      },
      { isReady },
    );
  });
});
