/**
 * Replays all recorded conversations of a folder against the server under test: whole, byte by byte
 * and cut at random places, each on a server of its own, so that nothing of one run reaches the
 * next. CONVERSATION_SEED repeats the random cuts of a failure. Each folder of tests calls this.
 */
import { describe, test } from "bun:test";
import { basename, join } from "node:path";
import { type Chunking, atRandom, byteByByte, whole } from "./chunking.ts";
import { type Conversation, readConversations } from "./conversation.ts";
import { isReference, startMidge } from "./midge.ts";
import { replay } from "./replay.ts";

/** Three runs, each with its answers; what hangs is cut short by the replay itself. */
const TEST_TIMEOUT_MS = 60_000;
const SEED = Number(process.env["CONVERSATION_SEED"] ?? Date.now() % 1_000_000);

/**
 * Makes a test of each conversation in the `.txt` files of `folder`. The recorded version does not
 * speak as documented, so that nats-server is not asked to.
 */
export async function testConversations(folder: string): Promise<void> {
  for (const name of [...new Bun.Glob("*.txt").scanSync(folder)].sort()) {
    const file = await readConversations(join(folder, name));
    describe(basename(name, ".txt"), () => {
      for (const conversation of file.conversations) {
        const isForeign = isReference() && conversation.documented !== undefined;
        const run = (): Promise<void> => replayInEachWay(conversation);
        test.skipIf(isForeign)(conversation.title, run, TEST_TIMEOUT_MS);
      }
    });
  }
}

async function replayInEachWay(conversation: Conversation): Promise<void> {
  for (const chunking of waysToSend(conversation)) await replayOnce(conversation, chunking);
}

function waysToSend(conversation: Conversation): Chunking[] {
  return conversation.isSentWhole ? [whole] : [whole, byteByByte, atRandom(SEED)];
}

async function replayOnce(conversation: Conversation, chunking: Chunking): Promise<void> {
  const server = await startMidge(conversation.options, conversation.config);
  try {
    await replay(conversation, server, chunking);
  } finally {
    await server.stop();
  }
}
