/** The parser brings no types: what it makes of the text, as far as tests look at it. */
declare module "parse-prometheus-text-format" {
  export interface ParsedSample {
    /** Absent in a histogram, which has the rest. */
    readonly value?: string;
    readonly labels?: Readonly<Record<string, string>>;
    /** By upper bound. */
    readonly buckets?: Readonly<Record<string, string>>;
    readonly count?: string;
    readonly sum?: string;
  }

  export interface ParsedFamily {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly ParsedSample[];
  }

  export default function parse(text: string): readonly ParsedFamily[];
}
