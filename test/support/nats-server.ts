/**
 * Starts the reference server with a generated configuration file. Used by the recorder, and by the
 * conversation tests when they are pointed at nats-server to check the recordings.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningServer, TEST_HOST, startExecutable } from "./running-server.ts";

/** Starts `executable` with `options` (configuration keys, `block.key` inside a block). */
export async function startNatsServer(
  executable: string,
  options: ReadonlyMap<string, string>,
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "conversation-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "server.conf");
    await Bun.write(path, configurationText(options));
    const server = await startExecutable(executable, ["-c", path]);
    return { ...server, stop: () => server.stop().finally(removeFolder) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

function configurationText(options: ReadonlyMap<string, string>): string {
  const lines = [`listen: "${TEST_HOST}:-1"`];
  const blocks = new Map<string, string[]>();
  for (const [path, value] of options) {
    const [first, key] = path.split(".");
    const written = /^(?:-?\d+(?:\.\d+)?|true|false)$/.test(value) ? value : JSON.stringify(value);
    if (key === undefined) lines.push(`${first}: ${written}`);
    else blocks.set(first!, [...(blocks.get(first!) ?? []), `  ${key}: ${written}`]);
  }
  for (const [name, entries] of blocks) lines.push(`${name} {`, ...entries, "}");
  return `${lines.join("\n")}\n`;
}
