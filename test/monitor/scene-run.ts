/**
 * Runs a scene on a server of its own: midge, or what MIDGE_EXECUTABLE names. Used by the test that
 * compares answers and by the recorder.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MeasuredServer } from "../support/measured-server.ts";
import { type AnswerFile, readAnswers } from "./answer-file.ts";
import { Scene } from "./scene.ts";
import { SCENES } from "./scenes.ts";

/** Where the files of answers are. */
export const ANSWERS = join(import.meta.dir, "answers");

export async function withScene<Result>(
  name: string,
  use: (file: AnswerFile, scene: Scene) => Promise<Result>,
): Promise<Result> {
  const play = SCENES[name];
  if (play === undefined) throw new Error(`no scene is named ${name}`);
  const file = await readAnswers(join(ANSWERS, `${name}.txt`));
  const folder = mkdtempSync(join(tmpdir(), "answers-"));
  try {
    const path = join(folder, "server.conf");
    await Bun.write(path, `${file.config}\n`);
    await using server = await MeasuredServer.start({ args: ["-c", path] });
    const base = /http_base_path: "\/?([^"/]+)/.exec(file.config)?.[1];
    using scene = new Scene(server, base === undefined ? "" : `/${base}`);
    await play(scene);
    return await use(file, scene);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
