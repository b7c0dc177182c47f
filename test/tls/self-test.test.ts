/** What a server finds out about its runtime's TLS before clients do. */
import { expect, test } from "bun:test";
import { RuntimeTlsContext } from "../../src/transport/runtime-tls-context.ts";
import { testTlsUpgrade } from "../../src/transport/tls-self-test.ts";
import { pemOf } from "./tls-peer.ts";

test("a runtime that can make a TLS server of a socket is fit for TLS", async () => {
  const certificates = [{ cert: pemOf("server.pem"), key: pemOf("server-key.pem") }];
  await testTlsUpgrade(new RuntimeTlsContext({ certificates }));
});

test("one that refuses to is not, and says why", async () => {
  const upgrade = () => {
    throw new Error("Cannot upgrade server sockets");
  };
  const said = await testTlsUpgrade({ upgrade }).catch(String);
  expect(said).toContain(`Bun ${Bun.version}`);
  expect(said).toEndWith("cannot upgrade accepted sockets: Cannot upgrade server sockets");
});
