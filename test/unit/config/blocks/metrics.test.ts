/** The block `metrics`. */
import { describe, expect, test } from "bun:test";
import { metricsKind } from "../../../../src/config/blocks/metrics.ts";
import { readKind } from "./read-kind.ts";

describe("the block metrics", () => {
  test.each([
    ["metrics {}", 0],
    ["metrics { top_subjects: 0 }", 0],
    ["metrics { top_subjects: 1 }", 1],
    ["metrics { Top_Subjects: 1000 }", 1000],
  ])("is read from %s", (text, topSubjects) => {
    const read = readKind(metricsKind, text);
    expect(read).toEqual({ value: { topSubjects }, errors: [], warnings: [] });
  });

  test.each([
    ["metrics: 12", "1:0: Expected metrics to be a map, got int64"],
    ["metrics { top_subjects: 1001 }", "1:10: top_subjects value is too big"],
    ["metrics { top_subjects: -1 }", "1:10: top_subjects value can not be negative"],
    ["metrics { top_subjects: many }", "interface conversion"],
    ["metrics { top_subject: 1 }", 'unknown field "top_subject"'],
  ])("%s is refused", (text, reason) => {
    const { errors } = readKind(metricsKind, text);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(reason);
  });
});
