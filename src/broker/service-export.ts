/**
 * A service that an account offers to others: which subjects, and how many messages answer a
 * request within which time. Its identity tells a chain of imports that it was here before.
 */
import type { ResponseType, ServiceExportSettings } from "../config/blocks/account-exports.ts";
import type { LatencySettings } from "../config/blocks/service-latency.ts";

/** Time for the first answer, and between answers. */
const DEFAULT_THRESHOLD_MS = 120_000;

export class ServiceExport {
  readonly subject: string;
  readonly responseType: ResponseType;
  readonly thresholdMs: number;
  readonly latency: LatencySettings | undefined;
  readonly isTraceAllowed: boolean;

  constructor(settings: ServiceExportSettings) {
    this.subject = settings.subject;
    this.responseType = settings.responseType;
    this.thresholdMs = settings.responseThresholdMs ?? DEFAULT_THRESHOLD_MS;
    this.latency = settings.latency;
    this.isTraceAllowed = settings.isTraceAllowed;
  }
}
