/**
 * Answers of monitoring, over HTTP and over the system account, compared key by key with those that
 * are recorded from nats-server for the same scene.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { isReference } from "../support/midge.ts";
import { readAnswers } from "./answer-file.ts";
import type { Scene } from "./scene.ts";
import { ANSWERS, withScene } from "./scene-run.ts";
import { SCENES } from "./scenes.ts";

for (const name of Object.keys(SCENES)) {
  const { answers } = await readAnswers(join(ANSWERS, `${name}.txt`));
  describe(`the answer is nats-server's in the scene ${name} to`, () => {
    const over = Promise.withResolvers<void>();
    let scene: Scene;
    let run: Promise<void>;

    beforeAll(() => {
      const { promise: ready, resolve, reject } = Promise.withResolvers<void>();
      run = withScene(name, async (_file, playing) => {
        scene = playing;
        resolve();
        await over.promise;
      });
      run.catch(reject);
      return ready;
    });

    afterAll(() => {
      over.resolve();
      return run;
    });

    test.each(answers)("$question", async ({ question, answer, documented }) => {
      const now = await scene.ask(question, answer);
      if (isReference() && documented !== undefined) expect(now).not.toBe(answer);
      else expect(now).toBe(answer);
    });
  });
}
