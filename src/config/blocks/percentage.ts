/**
 * Shares as a configuration file writes them: a whole number, or a text with or without a percent
 * sign. Used for weights of mappings and for sampling.
 */

/** What `strconv.Atoi` of Go says about the text; undefined if it is a whole number of 64 bits. */
export function integerTextProblem(text: string): string | undefined {
  const failure = `strconv.Atoi: parsing ${JSON.stringify(text)}`;
  if (!/^[+-]?\d+$/.test(text)) return `${failure}: invalid syntax`;
  if (BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) return `${failure}: value out of range`;
  return undefined;
}

/** "50%" or "50" without its percent sign. */
export function withoutPercentSign(text: string): string {
  return text.endsWith("%") ? text.slice(0, -1) : text;
}
