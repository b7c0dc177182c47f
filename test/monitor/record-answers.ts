/**
 * `bun run record-answers [--server <nats-server>] [--check] [names]`: plays the scenes against a
 * real nats-server and writes its answers into the files. `--check` writes nothing and shows what
 * differs.
 */
import { join } from "node:path";
import { type AnswerFile, type RecordedAnswer, textOfAnswers } from "./answer-file.ts";
import { ANSWERS, withScene } from "./scene-run.ts";
import { SCENES } from "./scenes.ts";
import { recorderArguments } from "../support/recorder-arguments.ts";

await main();

async function main(): Promise<void> {
  const { server, isCheck, names } = recorderArguments();
  process.env["MIDGE_EXECUTABLE"] = server;
  let differences = 0;
  for (const name of names.length > 0 ? names : Object.keys(SCENES)) {
    differences += await record(name, isCheck);
  }
  console.log(differences === 0 ? "Everything as recorded." : `${differences} answers differ.`);
  process.exit(isCheck && differences > 0 ? 1 : 0);
}

/** Returns how many answers are others than those in the file. */
function record(name: string, isCheck: boolean): Promise<number> {
  return withScene(name, async (file, scene) => {
    const answers: RecordedAnswer[] = [];
    let differences = 0;
    for (const old of file.answers) {
      const answer = await scene.ask(old.question);
      const isNew = answer !== old.answer;
      if (isNew) show(name, old, answer);
      differences += Number(isNew);
      answers.push(old.documented === undefined ? { ...old, answer } : old);
    }
    const changed: AnswerFile = { ...file, answers };
    if (!isCheck) await Bun.write(join(ANSWERS, `${name}.txt`), textOfAnswers(changed));
    return differences;
  });
}

function show(name: string, { question, line, answer, documented }: RecordedAnswer, now: string) {
  if (answer === "") return;
  console.log(`${name}.txt:${line}: ${question}`);
  if (documented !== undefined) console.log(`  # ${documented}`);
  const had = new Set(answer.split("\n"));
  const has = new Set(now.split("\n"));
  for (const one of had.difference(has)) console.log(`  - ${one}`);
  for (const one of has.difference(had)) console.log(`  + ${one}`);
}
