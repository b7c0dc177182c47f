/**
 * A reload while the server starts, which takes a while where it waits for a responder: the reload
 * is what counts. Needs OpenSSL on the host.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "bun:test";
import { eventually } from "../support/measured-server.ts";
import { ocspAnswer } from "../support/ocsp-answer.ts";
import { OcspResponder } from "../support/ocsp-responder.ts";
import { command } from "../support/program.ts";
import { pemOf, talk } from "../tls/tls-peer.ts";

const SOON_MS = 10_000;
/** Many times what a reload takes. */
const RELOAD_MS = 1000;
const folder = mkdtempSync(join(tmpdir(), "midge-start-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("whoever the new configuration does not let in stays outside", async () => {
  using responder = new OcspResponder();
  responder.write(folder, "server");
  const [path, trusted] = [join(folder, "midge.conf"), join(folder, "both.pem")];
  writeFileSync(trusted, responder.authority.pem + pemOf("ca.pem"));
  const write = (mode: string, verify: boolean) =>
    writeFileSync(
      path,
      `listen: "127.0.0.1:-1"
      ocsp { mode: ${mode}, library: system }
      tls { cert_file: "${folder}/server.pem", key_file: "${folder}/server-key.pem"
        ca_file: "${trusted}", verify: ${verify} }`,
    );
  let log = "";
  let signal = () => {};
  // The answer comes when the reload is over, or has had the time for it.
  responder.answer(() => {
    signal();
    const { issued, authority: issuer } = responder;
    const answer = ocspAnswer({ certificate: issued[0]!, issuer, status: "good" });
    const body = async function* () {
      const deadlineMs = performance.now() + RELOAD_MS;
      while (!/Reloaded/.test(log) && performance.now() < deadlineMs) await Bun.sleep(10);
      yield answer;
    };
    return new Response(body());
  });
  write("always", false);
  const child = Bun.spawn(command(["-c", path]), {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  try {
    signal = () => {
      signal = () => {};
      write("never", true);
      child.kill("SIGHUP");
    };
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of child.stderr) log += decoder.decode(chunk, { stream: true });
    })();
    await eventually("both", SOON_MS, () => /ready[^]*Reloaded server configuration/.test(log));
    const port = Number(/Listening for client connections on \S*:(\d+)/.exec(log)?.[1]);
    const wish = { port, authorityPem: responder.authority.pem };
    expect((await talk(wish)).end).not.toBe("PONG");
    expect((await talk({ ...wish, certificate: "client" })).end).toBe("PONG");
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
});
