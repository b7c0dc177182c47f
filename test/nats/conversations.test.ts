/**
 * Replays every recorded conversation against the server under test: whole, byte by byte and cut at
 * random places, each on a server of its own, so that nothing of one run reaches the next.
 * CONVERSATION_SEED repeats the random cuts of a failure.
 */
import { describe, test } from "bun:test";
import { basename, join } from "node:path";
import { type Chunking, atRandom, byteByByte, whole } from "../support/chunking.ts";
import { type Conversation, readConversations } from "../support/conversation.ts";
import { startMidge } from "../support/midge.ts";
import { replay } from "../support/replay.ts";

const FOLDER = join(import.meta.dir, "conversations");
/** Three runs, each with its answers; what hangs is cut short by the replay itself. */
const TEST_TIMEOUT_MS = 60_000;
const SEED = Number(process.env["CONVERSATION_SEED"] ?? Date.now() % 1_000_000);

for (const name of [...new Bun.Glob("*.txt").scanSync(FOLDER)].sort()) {
  const file = await readConversations(join(FOLDER, name));
  describe(basename(name, ".txt"), () => {
    for (const conversation of file.conversations) {
      test(conversation.title, () => replayInEachWay(conversation), TEST_TIMEOUT_MS);
    }
  });
}

async function replayInEachWay(conversation: Conversation): Promise<void> {
  for (const chunking of waysToSend(conversation)) await replayOnce(conversation, chunking);
}

function waysToSend(conversation: Conversation): Chunking[] {
  return conversation.isSentWhole ? [whole] : [whole, byteByByte, atRandom(SEED)];
}

async function replayOnce(conversation: Conversation, chunking: Chunking): Promise<void> {
  const server = await startMidge(conversation.options);
  try {
    await replay(conversation, server, chunking);
  } finally {
    await server.stop();
  }
}
