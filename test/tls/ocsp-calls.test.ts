/** How many questions to OCSP responders are under way at once. */
import { expect, test } from "bun:test";
import {
  MAX_CALLS,
  MAX_RESPONDERS,
  MAX_WAITING_CALLS,
  ResponderCalls,
} from "../../src/server/ocsp-peer/responder-calls.ts";
import { ocspCertificate } from "../../src/transport/ocsp/ocsp-certificate.ts";
import { eventually } from "../support/measured-server.ts";
import { makeCertificate } from "../support/certificate-maker.ts";
import { gate } from "./ocsp-authority.ts";

const SOON_MS = 10_000;
const TIMEOUT_MS = 60_000;

const issuer = ocspCertificate(makeCertificate({ name: "root", isAuthority: true }).der)!;
const base = ocspCertificate(makeCertificate({ name: "client" }).der)!;

/** Of another certificate for each number. */
function linkOf(number: number) {
  return { certificate: { ...base, serialNumber: Uint8Array.of(1, number >> 8, number) }, issuer };
}

test("only some questions go out at once; those beyond a number are given up", async () => {
  let questions = 0;
  const { opened, open } = gate();
  const responder = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async () => {
      questions++;
      await opened;
      return new Response("an answer");
    },
  });
  const calls = new ResponderCalls(() => {});
  const ask = (number: number) => calls.ask(linkOf(number), [responder.url.href], TIMEOUT_MS);
  const count = MAX_CALLS + MAX_WAITING_CALLS;
  const answers = Array.from({ length: count }, (_, i) => ask(i));
  expect(await ask(count)).toEqual({ reason: "too many OCSP requests" });
  // The same again is no other question.
  expect(ask(1)).toBe(answers[1]!);
  await eventually("questions", SOON_MS, () => questions >= MAX_CALLS);
  expect(questions).toBe(MAX_CALLS);
  open();
  for (const answer of await Promise.all(answers)) expect(answer).toHaveLength(9);
  expect(questions).toBe(count);
  expect(await ask(1)).toHaveLength(9);
  expect(questions).toBe(count + 1);
  await responder.stop(true);
});

test("not every responder of a long list is tried, and none after the end", async () => {
  const tried: string[] = [];
  const calls = new ResponderCalls((text) => tried.push(text));
  const urls = Array<string>(MAX_RESPONDERS + 5).fill("http://127.0.0.1:1/");
  const failed = { reason: expect.stringMatching(/^exhausted OCSP responders: Get /) };
  expect(await calls.ask(linkOf(1), urls, TIMEOUT_MS)).toEqual(failed);
  expect(tried).toEqual(
    Array(MAX_RESPONDERS).fill("Trying OCSP responder url [http://127.0.0.1:1/]"),
  );
  calls.stop();
  expect(await calls.ask(linkOf(2), urls, TIMEOUT_MS)).toHaveProperty("reason");
  expect(tried).toHaveLength(MAX_RESPONDERS);
});
