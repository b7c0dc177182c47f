/** The TCP transport, plain and with the runtime's TLS. */
import { RuntimeTlsContext } from "../../src/transport/runtime-tls-context.ts";
import { pemOf } from "../tls/tls-peer.ts";
import { describeTransport } from "./transport-suite.ts";

describeTransport("plain", () => undefined);

describeTransport("with the runtime's TLS", () => {
  return new RuntimeTlsContext({
    certificates: [{ cert: pemOf("server.pem"), key: pemOf("server-key.pem") }],
    ca: undefined,
    verify: false,
    minVersion: "TLSv1.2",
    ciphers: undefined,
    curves: undefined,
  });
});
