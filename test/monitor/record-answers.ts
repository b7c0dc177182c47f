/**
 * `bun run record-answers [--server <nats-server>] [--check] [names]`: plays the scenes against a
 * real nats-server and writes its answers into the files. `--check` writes nothing and shows what
 * differs.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type AnswerFile, type RecordedAnswer, textOfAnswers } from "./answer-file.ts";
import { ANSWERS, withScene } from "./scene-run.ts";
import { SCENES } from "./scenes.ts";

await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { server: { type: "string" }, check: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const server = values.server ?? Bun.which("nats-server");
  if (server === null) {
    console.error("No nats-server on PATH; name one with --server.");
    process.exit(2);
  }
  process.env["MIDGE_EXECUTABLE"] = server;
  let differences = 0;
  for (const name of positionals.length > 0 ? positionals : Object.keys(SCENES)) {
    differences += await record(name, values.check);
  }
  console.log(differences === 0 ? "Everything as recorded." : `${differences} answers differ.`);
  process.exit(values.check && differences > 0 ? 1 : 0);
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
