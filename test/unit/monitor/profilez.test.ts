/** CPU profiles over the system account. */
import { describe, expect, test } from "bun:test";
import { BodyOptions } from "../../../src/monitor/endpoint-options.ts";
import { profilez, profilezOptions } from "../../../src/monitor/profilez.ts";
import { systemClock } from "../../../src/util/clock.ts";

function ask(body: string) {
  const source = new BodyOptions(new TextEncoder().encode(body));
  return profilez(systemClock, profilezOptions(source));
}

describe("refused is", () => {
  test.each([
    ["", "Profile name not specified"],
    ['{"name":"heap"}', 'Profile "heap" not found'],
    ['{"name":"cpu"}', "Duration 0s should be between 0s and 15s"],
    ['{"name":"cpu","duration":-1000000}', "Duration -1ms should be between 0s and 15s"],
    ['{"name":"cpu","duration":20000000000}', "Duration 20s should be between 0s and 15s"],
  ])("%s", async (body, error) => {
    expect(await ask(body)).toEqual({ profile: null, error });
  });

  test("a second profile at the same time", async () => {
    const body = '{"name":"cpu","duration":20000000}';
    const [first, second] = await Promise.all([ask(body), ask(body)]);
    expect(first.error).toBe("");
    expect(second.error).toBe("Failed to start CPU profile: CPU profiling already in use");
  });
});

test("a profile is Chrome's, in base64", async () => {
  const { profile, error } = await ask('{"name":"cpu","duration":5000000}');
  expect(error).toBe("");
  const decoded: unknown = JSON.parse(Buffer.from(profile ?? "", "base64").toString());
  expect(decoded).toHaveProperty("nodes");
});
