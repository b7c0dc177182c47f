/**
 * Reloads while clients publish and receive as fast as they can: whoever stays connected misses no
 * message, gets none twice and all in order.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "bun:test";
import { ConfiguredServer } from "../support/configured-server.ts";
import { NumberedLoad } from "../support/numbered-load.ts";

const LOGIN = { user: "u", pass: "p" };
const RELOADS = 30;
const TIMEOUT_MS = 60_000;

/** Settings that come and go; each passes through another step of the server. */
const CHANGES: readonly string[] = [
  "max_payload: 2000, max_control_line: 1000",
  'client_advertise: "elsewhere:4333", server_tags: [a, b]',
  "ping_max: 5, max_connections: 100",
  "debug: true",
  "max_pending: 32mb, no_fast_producer_stall: false",
  'log_file: "{folder}/other.log"',
  "authorization { user: u, password: p, timeout: 5 }",
  'write_deadline: "5s", max_traced_msg_len: 10',
  "max_payload: [",
  "server_name: other, max_payload: 10",
];
const REFUSED_CHANGES = 2;
/** Messages that each subscriber gets between two reloads, at the least. */
const MESSAGES_BETWEEN = 20_000;

/** `change` in a file in which the user of the load may log in. */
function withLogin(change: string): string {
  if (change.startsWith("authorization")) return change;
  return `authorization { user: u, password: p }\n${change}`;
}

/** How many reloads have been accepted, and how many refused, wherever that was logged. */
function outcomes(server: ConfiguredServer): { accepted: number; refused: number } {
  const files = server.files("other.log").map((name) => readFileSync(server.path(name), "utf8"));
  const log = server.stderr + files.join("");
  return {
    accepted: log.split("Reloaded server configuration").length - 1,
    refused: log.split("Failed to reload").length - 1,
  };
}

test(
  `${RELOADS} reloads lose, repeat and reorder nothing`,
  async () => {
    await using server = await ConfiguredServer.start(withLogin("debug: false"));
    const load = await NumberedLoad.start({ port: server.port, connect: LOGIN });
    for (let i = 0; i < RELOADS; i++) {
      server.write(withLogin(CHANGES[i % CHANGES.length]!));
      server.signal("SIGHUP");
      await load.goOn(MESSAGES_BETWEEN, () => {
        const { accepted, refused } = outcomes(server);
        return accepted + refused > i;
      });
    }
    const { sent, got } = await load.stop();
    expect(load.problems).toEqual([]);
    for (const numbers of got) expect(numbers).toEqual([...sent]);
    const refused = (RELOADS / CHANGES.length) * REFUSED_CHANGES;
    expect(outcomes(server)).toEqual({ accepted: RELOADS - refused, refused });
    expect(await server.varz()).toMatchObject({ connections: load.size, slow_consumers: 0 });
    expect(server.log).not.toContain("Internal error");
    load.close();
  },
  TIMEOUT_MS,
);
