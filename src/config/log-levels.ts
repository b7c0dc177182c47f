/**
 * The option `log_levels`: a level for single subsystems, `{ client: debug, tls: error }`. In a flag
 * the pairs stand as `client=debug,tls=error`.
 */
import {
  LOG_SUBSYSTEMS,
  LOG_THRESHOLDS,
  type LogSubsystem,
  type LogThreshold,
} from "../util/log/levels.ts";
import { entriesOf, stringOf } from "./node-values.ts";
import type { OptionKind } from "./option-kinds.ts";
import { OptionValueError } from "./option-value-error.ts";

export type LogLevels = Readonly<Partial<Record<LogSubsystem, LogThreshold>>>;

export function logLevels(): OptionKind<LogLevels> {
  return {
    valueName: "subsystem=level,...",
    parse: (written) => levelsOf(written.split(",").map(pairOf)),
    read: (node) => {
      return levelsOf([...entriesOf(node)].map(({ key, node: level }) => [key, stringOf(level)]));
    },
    format: (levels) => {
      return Object.entries(levels)
        .map(([subsystem, level]) => `${subsystem}=${level}`)
        .join(",");
    },
  };
}

function pairOf(written: string): readonly [string, string] {
  const [subsystem = "", level = ""] = written.split("=");
  return [subsystem, level];
}

function levelsOf(pairs: readonly (readonly [string, string])[]): LogLevels {
  const levels: Partial<Record<LogSubsystem, LogThreshold>> = {};
  for (const [subsystem, level] of pairs) {
    levels[oneOfWords(LOG_SUBSYSTEMS, subsystem, "subsystem")] = oneOfWords(
      LOG_THRESHOLDS,
      level,
      "level",
    );
  }
  return levels;
}

function oneOfWords<Word extends string>(words: readonly Word[], text: string, what: string): Word {
  const word = words.find((one) => one === text.trim().toLowerCase());
  if (word !== undefined) return word;
  throw new OptionValueError(`unknown ${what} ${JSON.stringify(text)}, one of ${words.join(", ")}`);
}
