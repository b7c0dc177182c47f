/**
 * Checks that the replay fails when it should: against a peer that answers PING and unknown
 * operations as a server does and makes one mistake of its own.
 */
import { expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Socket } from "bun";
import { whole } from "./chunking.ts";
import { type Conversation, connectOf, readConversations } from "./conversation.ts";
import { replay } from "./replay.ts";
import type { RunningServer } from "./running-server.ts";

const FAREWELL = "-ERR 'Unknown Protocol Operation'\r\n";
const SCRIPT = "== asks\nA> ASK\nA< YES\n";

/** What the peer does when a line `ASK` comes. */
type Answer = (socket: Socket<undefined>) => void;

async function outcome(script: string, answer: Answer): Promise<string> {
  const listener = Bun.listen<undefined>({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open: (socket) => void socket.write("INFO {} \r\n"),
      data: (socket, chunk) => obey(socket, chunk.toString(), answer),
    },
  });
  const folder = await mkdtemp(join(tmpdir(), "replay-"));
  try {
    const path = join(folder, "script.txt");
    await Bun.write(path, script);
    const file = await readConversations(path);
    const server: RunningServer = {
      host: "127.0.0.1",
      port: listener.port,
      stop: () => Promise.resolve(),
    };
    await replay(file.conversations[0]!, server, whole);
    return "passed";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    listener.stop(true);
    await rm(folder, { recursive: true });
  }
}

function obey(socket: Socket<undefined>, lines: string, answer: Answer): void {
  for (const line of lines.split("\r\n")) {
    if (line === "ASK") answer(socket);
    if (line === "PING") socket.write("PONG\r\n");
    if (line === "?") socket.end(FAREWELL);
  }
}

test("passes when all that is expected comes and nothing else", async () => {
  expect(await outcome(SCRIPT, (socket) => socket.write("YES\r\n"))).toBe("passed");
});

test("fails on another answer and shows it", async () => {
  const message = await outcome(SCRIPT, (socket) => socket.write("NO\r\n"));
  expect(message).toContain("line 3: A should get\n  YES\nbut got\n  NO");
});

test("fails when the peer closes instead of answering", async () => {
  const message = await outcome(SCRIPT, (socket) => socket.end());
  expect(message).toContain("nothing and was closed");
});

test("fails on bytes behind the last answer", async () => {
  const message = await outcome(SCRIPT, (socket) => socket.write("YES\r\nMORE\r\n"));
  expect(message).toContain("only PONG at the end");
});

test("fails on a PONG too many", async () => {
  const message = await outcome(SCRIPT, (socket) => socket.write("YES\r\nPONG\r\n"));
  expect(message).toContain("nothing but the answer to an unknown operation");
});

test("fails when the peer closes behind the last answer", async () => {
  const message = await outcome(SCRIPT, (socket) => socket.end("YES\r\n"));
  expect(message).toContain("and was closed");
});

test("fails when the peer says something before an expected end", async () => {
  const message = await outcome("== asks\nA> ASK\nA! closed\n", (socket) => socket.end("BYE\r\n"));
  expect(message).toContain("closed by the server, nothing more");
});

test("takes unordered lines in any order and only those", async () => {
  const script = "== asks\nA> ASK\nA<~ ONE\nA<~ TWO\n";
  expect(await outcome(script, (socket) => socket.write("TWO\r\nONE\r\n"))).toBe("passed");
  const message = await outcome(script, (socket) => socket.write("TWO\r\nTWO\r\n"));
  expect(message).toContain("A should get\n  ONE");
});

test("passes over a PING of the peer that no line expects", async () => {
  expect(await outcome(SCRIPT, (socket) => socket.write("PING\r\nYES\r\n"))).toBe("passed");
});

test("refuses an expected line that nobody recorded", async () => {
  const message = await outcome("== asks\nA> ASK\nA<\n", (socket) => socket.write("YES\r\n"));
  expect(message).toContain("nothing recorded yet");
});

test("refuses lines that are no part of the format, with their place", async () => {
  expect(await outcome("== asks\nA> ASK\nwhat\n", () => {})).toContain("script.txt:3:");
});

test("sends what a placeholder stands for", async () => {
  const script = "== asks\nA> ASK\nA< ${what}\nA> ${what}\nA< YES\n";
  let answer = "ASK\r\n";
  const outcomeOf = outcome(script, (socket) => {
    socket.write(answer);
    answer = "YES\r\n";
  });
  expect(await outcomeOf).toBe("passed");
});

test("refuses a configuration without an end", async () => {
  expect(await outcome("@config\n== asks\n", () => {})).toContain("no @end for this @config");
});

async function conversationsOf(script: string): Promise<readonly Conversation[]> {
  const folder = await mkdtemp(join(tmpdir(), "replay-"));
  const path = join(folder, "script.txt");
  await Bun.write(path, script);
  const file = await readConversations(path);
  await rm(folder, { recursive: true });
  return file.conversations;
}

test("takes the configuration of a conversation instead of that of the file", async () => {
  const script = "@config\na: 1\n@end\n== one\nA! open\n== two\n@config\nb: 2\n\n@end\n";
  const conversations = await conversationsOf(script);
  expect(conversations.map(({ config }) => config)).toEqual(["a: 1", "b: 2\n"]);
});

test("logs a connection in with its own line, or with that of the others", async () => {
  const script = "@connect {}\n@connect AB 1\n== one\n@connect B none\n== two\n@connect none\n";
  const [one, two] = await conversationsOf(script);
  const names = ["A", "B", "C"];
  expect(names.map((name) => connectOf(one!, name))).toEqual(["1", undefined, "{}"]);
  expect(names.map((name) => connectOf(two!, name))).toEqual([undefined, undefined, undefined]);
});
