/** Certificates that end soon are told of in the log, every day anew. */
import { expect, test } from "bun:test";
import { defaultOptions } from "../../../src/config/options.ts";
import { CertificateEnds } from "../../../src/server/certificate-ends.ts";
import { Logger } from "../../../src/util/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const DAY_MS = 86_400_000;

function watched(...days: number[]): { lines: string[]; clock: FakeClock; ends: CertificateEnds } {
  const clock = new FakeClock();
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line.trim()) };
  const options = { ...defaultOptions(), logTime: false };
  const logger = new Logger(options, { sink, colours: false, clock, pid: 1 });
  const ends = new CertificateEnds(clock, logger);
  ends.watch(days.map((left) => ({ file: `${left}.pem`, endMs: clock.wallMs() + left * DAY_MS })));
  return { lines, clock, ends };
}

test("what ends within thirty days is told of at once, the others when it is time", () => {
  const { lines, clock } = watched(400, 29.5, -1, 31.5);
  expect(lines).toEqual([
    expect.stringMatching(/\[WRN\] Certificate 29\.5\.pem expires in 29 days: it is valid until 2/),
    expect.stringMatching(/\[WRN\] Certificate -1\.pem has expired: it is valid until 2/),
  ]);
  clock.advance(DAY_MS);
  expect(lines).toHaveLength(4);
  clock.advance(DAY_MS);
  expect(lines.at(-1)).toContain("31.5.pem expires in 29 days");
});

test("nothing is told of certificates that are no longer in use", () => {
  const { lines, clock, ends } = watched(1);
  ends.watch([]);
  clock.advance(3 * DAY_MS);
  expect(lines).toHaveLength(1);
});
