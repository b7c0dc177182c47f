/**
 * `bun run record [--server <nats-server>] [--check] [files]`: plays the lines sent of conversation
 * files against a real nats-server and writes what it answers into them. `--check` writes nothing
 * and shows where another version answers differently. Without files, all conversations.
 */
import { join } from "node:path";
import { type Conversation, type ConversationFile, readConversations } from "./conversation.ts";
import { startNatsServer } from "./nats-server.ts";
import { type BlockRecord, recordConversation } from "./recording.ts";
import { recorderArguments } from "./recorder-arguments.ts";

const ALL_FILES = "{nats,accounts,auth}/conversations/*.txt";

await main();

async function main(): Promise<void> {
  const { server, isCheck, names } = recorderArguments();
  let differences = 0;
  for (const path of names.length > 0 ? names : await allFiles()) {
    differences += await recordFile(path, server, isCheck);
  }
  const verb = isCheck ? "differ" : "changed";
  console.log(differences === 0 ? "Everything as recorded." : `${differences} blocks ${verb}.`);
  if (isCheck && differences > 0) process.exit(1);
}

async function allFiles(): Promise<string[]> {
  const root = join(import.meta.dir, "..");
  const names = await Array.fromAsync(new Bun.Glob(ALL_FILES).scan(root));
  return names.sort().map((name) => join(root, name));
}

/** Returns how many blocks of expected lines were answered differently. */
async function recordFile(path: string, server: string, isCheck: boolean): Promise<number> {
  const file = await readConversations(path);
  const changes: BlockRecord[] = [];
  let differences = 0;
  for (const conversation of file.conversations) {
    const changed = await changesOf(conversation, server);
    differences += changed.length;
    const keeps = isCheck || conversation.documented !== undefined;
    for (const change of changed) show(file, conversation, change, keeps);
    if (!keeps) changes.push(...changed);
  }
  if (changes.length > 0) await Bun.write(path, withChanges(file.lines, changes));
  return differences;
}

async function changesOf(conversation: Conversation, executable: string): Promise<BlockRecord[]> {
  const server = await startNatsServer(executable, conversation.options, conversation.config);
  try {
    return await recordConversation(conversation, server);
  } finally {
    await server.stop();
  }
}

function show(
  file: ConversationFile,
  conversation: Conversation,
  change: BlockRecord,
  isKept: boolean,
): void {
  const { startLine, lineCount } = change;
  console.log(`${file.path}:${startLine}: ${conversation.title}`);
  if (conversation.documented !== undefined) console.log(`  # ${conversation.documented}`);
  const old = file.lines.slice(startLine - 1, startLine - 1 + lineCount);
  for (const line of old) console.log(`  - ${line}`);
  for (const line of change.lines) console.log(`  + ${line}`);
  if (isKept) console.log("  (file left as it is)");
}

/** The file with blocks of lines replaced, last ones first so that line numbers stay right. */
function withChanges(lines: readonly string[], changes: readonly BlockRecord[]): string {
  const changed = [...lines];
  for (const { startLine, lineCount, lines: recorded } of changes.toReversed()) {
    changed.splice(startLine - 1, lineCount, ...recorded);
  }
  return changed.join("\n");
}
