/**
 * Many of something that then stays: idle connections, subscriptions.
 * Called by loadgen.ts, which keeps the process alive afterwards, so that run.ts can read how much
 * memory the server holds for them.
 */
import { awaitText, connectClient, roundTrip, sendAll } from "../client.ts";
import { NativeBuffer } from "../sockets.ts";
import { Stopwatch } from "../stopwatch.ts";
import type { ConnectionsDrive, SubscriptionsDrive } from "../workloads.ts";
import type { Measurement, ServerUnderTest } from "./measurement.ts";

/** Opens connections with one subscription each; they stay open until this process ends. */
export function driveConnections(drive: ConnectionsDrive, server: ServerUnderTest): Measurement {
  const stopwatch = new Stopwatch(server.pid);
  for (let i = 0; i < drive.connections; i++) {
    roundTrip(connectClient(server.port), `SUB c.${i} 1\r\n`);
  }
  return { messages: drive.connections, ...stopwatch.stop() };
}

/** Makes all subscriptions on one connection and ends with the PONG that follows them. */
export function driveSubscriptions(
  drive: SubscriptionsDrive,
  server: ServerUnderTest,
): Measurement {
  const socket = connectClient(server.port);
  const operations = NativeBuffer.ofText(subscribeOperations(drive.subscriptions));
  const stopwatch = new Stopwatch(server.pid);
  sendAll(socket, operations);
  awaitText(socket, "PONG\r\n");
  return { messages: drive.subscriptions, ...stopwatch.stop() };
}

/** One in ten has a `*`, one in ten a `>`, and four in a row share their second token. */
function subscribeOperations(subscriptions: number): string {
  const lines: string[] = [];
  for (let i = 0; i < subscriptions; i++) {
    lines.push(`SUB ${subscriptionSubject(i)} ${i}\r\n`);
  }
  lines.push("PING\r\n");
  return lines.join("");
}

function subscriptionSubject(index: number): string {
  switch (index % 10) {
    case 0:
      return `dev.${index}.*.temp`;
    case 1:
      return `dev.${index}.>`;
    default:
      return `dev.${Math.floor(index / 4)}.s${index % 7}.temp`;
  }
}
