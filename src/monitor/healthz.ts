/**
 * `/healthz`: whether clients can connect; for probes of containers and load balancers.
 * Body and status are the reference's.
 */
import type { EndpointAnswer, MonitorSubject } from "./endpoint.ts";

export function healthz(subject: MonitorSubject): EndpointAnswer {
  if (subject.isReady()) return { status: 200, body: { status: "ok" }, isIndented: false };
  const error = "failed to be ready for connections after 1ms: server";
  return { status: 500, body: { status: "error", error }, isIndented: false };
}
