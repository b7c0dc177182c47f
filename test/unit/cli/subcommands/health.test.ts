/** What `midge health` asks and how it judges the answer. */
import { expect, test } from "bun:test";
import { healthUrl, problemIn } from "../../../../src/cli/subcommands/health.ts";

test.each([
  ["127.0.0.1:8222", "http://127.0.0.1:8222/healthz"],
  ["9000", "http://127.0.0.1:9000/healthz"],
  [":9000", "http://127.0.0.1:9000/healthz"],
  ["broker", "http://broker:8222/healthz"],
  ["broker:80", "http://broker/healthz"],
  ["[::1]:9000", "http://[::1]:9000/healthz"],
  ["[::1]", "http://[::1]:8222/healthz"],
  ["broker:9000/nats/healthz", "http://broker:9000/nats/healthz"],
  ["broker:9000?js-server-only=1", "http://broker:9000/healthz?js-server-only=1"],
  ["http://broker", "http://broker/healthz"],
  ["https://broker:9000/", "https://broker:9000/healthz"],
  ["HTTPS://broker/x", "https://broker/x"],
])("%s means %s", (written, url) => {
  expect(healthUrl(written)?.href).toBe(url);
});

test.each(["", "a b", "::1", "nats://broker:4222", "broker:99999", "http://"])(
  "%j is no address",
  (written) => expect(healthUrl(written)).toBeUndefined(),
);

test.each([
  [200, '{"status":"ok"}', ""],
  [200, '{"status":"error","error":"no\\nway"}', 'code 200, status "error": no'],
  [503, '{"status":"unavailable"}', 'code 503, status "unavailable"'],
  [500, '{"status":"ok"}', 'code 500, status "ok"'],
  [200, "ok", "code 200 and no answer of a health check"],
  [200, "null", "code 200 and no answer of a health check"],
  [404, "", "code 404 and no answer of a health check"],
])("code %d with %j is judged as %j", (code, body, problem) => {
  expect(problemIn(code, body)).toBe(problem);
});
