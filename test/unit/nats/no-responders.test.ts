/** The status message for requests that nobody answers. Who gets it is tested over sockets. */
import { expect, test } from "bun:test";
import { noRespondersMessage } from "../../../src/nats/no-responders.ts";

test("the no-responders message gives the subject, and its length twice", () => {
  expect(noRespondersMessage("help.me", "_INBOX.1", 7)).toBe(
    "HMSG _INBOX.1 7 39 39\r\nNATS/1.0 503\r\nNats-Subject: help.me\r\n\r\n\r\n",
  );
});
