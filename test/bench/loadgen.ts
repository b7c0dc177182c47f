/**
 * The load generator: one process, one workload, one line of JSON on stdout.
 * Started by run.ts as `bun loadgen.ts <job>`. Afterwards it keeps its connections open until stdin
 * ends, so that the server's memory can be read while they are there.
 */
import { readFileSync } from "node:fs";
import { driveChurn } from "./drivers/churn.ts";
import { driveFlood } from "./drivers/flood.ts";
import type { Measurement, ServerUnderTest } from "./drivers/measurement.ts";
import { driveRequests } from "./drivers/requests.ts";
import { driveConnections, driveSubscriptions } from "./drivers/scale.ts";
import { driveTlsConnections, driveTlsFlood } from "./drivers/tls.ts";
import type { Traffic } from "./workloads.ts";

export interface Job {
  readonly server: ServerUnderTest;
  readonly traffic: Traffic;
}

function run({ server, traffic }: Job): Measurement | Promise<Measurement> {
  switch (traffic.kind) {
    case "flood":
      return driveFlood(traffic, server);
    case "requests":
      return driveRequests(traffic, server);
    case "churn":
      return driveChurn(traffic, server);
    case "connections":
      return driveConnections(traffic, server);
    case "subscriptions":
      return driveSubscriptions(traffic, server);
    case "tls-flood":
      return driveTlsFlood(traffic, server);
    case "tls-connections":
      return driveTlsConnections(traffic, server);
  }
}

if (import.meta.main) {
  const job: Job = JSON.parse(process.argv[2] ?? "{}");
  console.log(JSON.stringify(await run(job)));
  readFileSync(0);
  // Sockets of the runtime would keep it alive.
  process.exit();
}
