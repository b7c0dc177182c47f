/**
 * Whether an OCSP response is in effect: since its `thisUpdate`, until its `nextUpdate`, give or
 * take how far the clocks may differ.
 */
import type { OcspResponse } from "./response.ts";

export interface EffectRules {
  /** How far the responder's clock may be from this one. */
  readonly skewMs: number;
  /** How long a response counts that has no `nextUpdate`; undefined for good. */
  readonly defaultLifeMs: number | undefined;
}

export interface ResponseEffect {
  readonly state: "current" | "expired" | "early";
  /** When the response ends; undefined if it never does. */
  readonly endMs: number | undefined;
}

export function responseEffect(
  { thisUpdateMs, nextUpdateMs }: OcspResponse,
  { skewMs, defaultLifeMs }: EffectRules,
  nowMs: number,
): ResponseEffect {
  const defaultEndMs = defaultLifeMs === undefined ? undefined : thisUpdateMs + defaultLifeMs;
  const endMs = nextUpdateMs ?? defaultEndMs;
  if (endMs !== undefined && endMs < nowMs - skewMs) return { state: "expired", endMs };
  return { state: thisUpdateMs > nowMs + skewMs ? "early" : "current", endMs };
}
