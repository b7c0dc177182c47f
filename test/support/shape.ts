/**
 * The shape of a JSON value: names and types in their order; of a list, each form that its entries
 * have. Used to compare answers with recorded ones whose values differ.
 */
export function shapeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].sort().join("|")}]`;
  if (typeof value !== "object") return typeof value;
  return `{${Object.entries(value).map(([name, one]) => `${name}:${shapeOf(one)}`)}}`;
}
