/** Subjects that belong to the server: what clients may publish to and name as reply. */
import { expect, test } from "bun:test";
import { isPublishableByClients, isReservedReply } from "../../../src/broker/reserved-subjects.ts";
import { subjectBytes } from "../../../src/subject/subject.ts";

function ask(rule: typeof isReservedReply, subject: string): boolean {
  const bytes = subjectBytes(`_GR_.x ${subject} _GR_.x`);
  return rule(bytes, 7, 7 + subject.length);
}

test("clients may not publish to _GR_ with something behind it, nor to $NRG", () => {
  for (const subject of ["_GR_.x", "_GR_.a.b", "$NRG.x", "$NRG.P.1"]) {
    expect(ask(isPublishableByClients, subject)).toBe(false);
  }
});

test("clients may publish to everything else", () => {
  const subjects = ["", "a", "_", "$", "_GR_", "_GR_.", "_GRX.x", "$NRG", "$NRGX.a", "_R_.x.y"];
  for (const subject of [...subjects, "_gr_.x", "$JS.ACK.x", "$SYS.x", "x._GR_.x", "_INBOX.a"]) {
    expect(ask(isPublishableByClients, subject)).toBe(true);
  }
});

test("replies may not be the server's own", () => {
  for (const reply of ["_R_.x", "_R_.a.b", "_GR_.x", "$JS.ACK.x", "$JS.ACK.a.b"]) {
    expect(ask(isReservedReply, reply)).toBe(true);
  }
});

test("other replies are the client's", () => {
  for (const reply of [
    "",
    "a",
    "_INBOX.x",
    "_R_",
    "_RX.a",
    "_GR_",
    "_GR_.",
    "$JS.ACK.",
    "$JS.API.x",
  ]) {
    expect(ask(isReservedReply, reply)).toBe(false);
  }
});
