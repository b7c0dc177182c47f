/**
 * CPU profiles over the system account: PROFILEZ. The reference's request, with a profile in
 * Chrome's format (`.cpuprofile`) in the answer, in base64. Of other profiles there are none here.
 */
import type { Clock } from "../util/clock.ts";
import { formatDuration } from "../util/duration.ts";
import { ProfilerBusyError, recordCpuProfile } from "./cpu-profile.ts";
import type { OptionSource } from "./endpoint-options.ts";

const NS_PER_MS = 1_000_000;
const MAX_MS = 15_000;

export interface ProfilezOptions {
  readonly profile: string;
  readonly durationMs: number;
}

export function profilezOptions(source: OptionSource): ProfilezOptions {
  source.integer("", "debug");
  return {
    profile: source.text("", "name"),
    durationMs: source.integer("", "duration") / NS_PER_MS,
  };
}

export interface Profilez {
  /** Base64. */
  readonly profile: string | null;
  /** "" if all is well. */
  readonly error: string;
}

export async function profilez(clock: Clock, options: ProfilezOptions): Promise<Profilez> {
  const { profile, durationMs } = options;
  if (profile === "") return failed("Profile name not specified");
  if (profile !== "cpu") return failed(`Profile ${JSON.stringify(profile)} not found`);
  if (durationMs <= 0 || durationMs > MAX_MS) {
    return failed(`Duration ${formatDuration(durationMs)} should be between 0s and 15s`);
  }
  try {
    const recorded = await recordCpuProfile(durationMs, clock, new AbortController().signal);
    return { profile: Buffer.from(JSON.stringify(recorded)).toString("base64"), error: "" };
  } catch (error) {
    if (!(error instanceof ProfilerBusyError)) throw error;
    return failed(`Failed to start CPU profile: ${error.message}`);
  }
}

function failed(error: string): Profilez {
  return { profile: null, error };
}
