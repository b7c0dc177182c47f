/** The TCP transport with TLS by the host's OpenSSL. */
import { OpenSslContext } from "../../src/transport/openssl/openssl-context.ts";
import { loadOpenSsl } from "../../src/transport/openssl/library.ts";
import { systemClock } from "../../src/util/clock.ts";
import { pemOf } from "../tls/tls-peer.ts";
import { describeTransport } from "../transport/transport-suite.ts";

describeTransport("with the TLS of the host's OpenSSL", () => {
  const material = {
    certificates: [{ cert: pemOf("server.pem"), key: pemOf("server-key.pem") }],
    ca: undefined,
    verify: false,
    minVersion: "TLSv1.2",
    ciphers: undefined,
    curves: undefined,
  } as const;
  const staple = { current: new Uint8Array(), renew: () => Promise.resolve(undefined) };
  return new OpenSslContext(loadOpenSsl(undefined), material, staple, systemClock);
});
