/**
 * A server with a configuration file in a temporary folder, which is removed when the server stops.
 * Used to start every kind of server that conversations talk to.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningServer } from "./running-server.ts";

/** Writes `text` to a file and has `start` start a server with its path. */
export async function startWithFile(
  text: string,
  start: (path: string) => Promise<RunningServer>,
): Promise<RunningServer> {
  const folder = await mkdtemp(join(tmpdir(), "conversation-"));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "server.conf");
    await Bun.write(path, text);
    const server = await start(path);
    return { ...server, stop: () => server.stop().finally(removeFolder) };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}
