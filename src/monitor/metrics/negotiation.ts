/**
 * Which of the text forms of metrics a request gets, by its `Accept` header (RFC 9110, 12.5.1): the
 * one that it rates higher, and Prometheus' own where it rates neither or both alike. Nobody is
 * turned away.
 */
import type { MetricsFormat } from "./exposition.ts";

interface MediaRange {
  /** In lower case, such as `text/plain`; an asterisk stands for anything. */
  readonly type: string;
  /** "" if there is none. */
  readonly version: string;
  /** From 0 to 1. */
  readonly quality: number;
}

interface Offer {
  readonly format: MetricsFormat;
  readonly type: string;
  readonly version: string;
}

/** Of equals the first one. */
const OFFERS: readonly Offer[] = [
  { format: "prometheus", type: "text/plain", version: "0.0.4" },
  { format: "openmetrics", type: "application/openmetrics-text", version: "1.0.0" },
];

/** Ranges looked at; headers that go on are not read to their end. */
const MAX_RANGES = 64;

/** `accept` is "" for a request without the header. */
export function negotiated(accept: string): MetricsFormat {
  const ranges = accept.split(",", MAX_RANGES).map(mediaRange);
  let best: MetricsFormat = "prometheus";
  let bestQuality = 0;
  for (const offer of OFFERS) {
    const quality = qualityOf(offer, ranges);
    if (quality <= bestQuality) continue;
    best = offer.format;
    bestQuality = quality;
  }
  return best;
}

/** What the range says that fits most closely; of several, the best. */
function qualityOf(offer: Offer, ranges: readonly MediaRange[]): number {
  let closest = 0;
  let quality = 0;
  for (const range of ranges) {
    const closeness = closenessOf(offer, range);
    if (closeness === 0 || closeness < closest) continue;
    quality = closeness > closest ? range.quality : Math.max(quality, range.quality);
    closest = closeness;
  }
  return quality;
}

/** 0 if the range does not fit. */
function closenessOf({ type, version }: Offer, range: MediaRange): number {
  if (range.type === type) {
    if (range.version === "") return 3;
    return range.version === version ? 4 : 0;
  }
  if (range.type === `${type.split("/")[0]}/*`) return 2;
  return range.type === "*/*" ? 1 : 0;
}

function mediaRange(text: string): MediaRange {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim());
  let version = "";
  let quality = 1;
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=", 2).map((part) => part.trim());
    if (name.toLowerCase() === "version") version = value.replaceAll('"', "");
    if (name.toLowerCase() === "q") quality = qualityIn(value);
  }
  return { type: type.toLowerCase(), version, quality };
}

/** What is no number between 0 and 1 does not count. */
function qualityIn(written: string): number {
  const value = Number(written);
  return written !== "" && value >= 0 && value <= 1 ? value : 0;
}
