/** `--help_tls` and what a `tls` block may say, which are the same. */
import { expect, test } from "bun:test";
import { tlsHelpText } from "../../../src/cli/tls-help.ts";
import { TLS_FIELDS } from "../../../src/config/blocks/tls.ts";

/** What is only for servers in a cluster, for midge as a client, or for Windows. */
const NOT_HERE = ["verify_cert_and_check_known_urls", "insecure", "cert_store", "cert_match"];

test("it names every field", () => {
  const text = tlsHelpText();
  for (const { keys } of Object.values(TLS_FIELDS)) {
    const [key] = keys;
    if (NOT_HERE.some((start) => key.startsWith(start)) || key === "ca_certs_match") continue;
    expect(text).toMatch(new RegExp(`^ {4}(?:.*, )?${key}\\b`, "m"));
  }
});
