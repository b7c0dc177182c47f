/**
 * Starts the reference server with a generated configuration file. Used by the recorder, and by the
 * conversation tests when they are pointed at nats-server to check the recordings.
 */
import { startWithFile } from "./config-file.ts";
import { type RunningServer, TEST_HOST, startExecutable } from "./running-server.ts";

/**
 * Starts `executable` with `options` (configuration keys, `block.key` inside a block) and `config`,
 * which is text of a configuration file.
 */
export function startNatsServer(
  executable: string,
  options: ReadonlyMap<string, string>,
  config = "",
): Promise<RunningServer> {
  const text = `${configurationText(options)}${config}\n`;
  return startWithFile(text, (path) => startExecutable(executable, ["-c", path]));
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
