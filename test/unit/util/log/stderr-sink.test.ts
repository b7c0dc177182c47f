/** The log on stderr, in processes of its own whose stderr is a pipe, a file or nothing at all. */
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { eventually } from "../../../support/measured-server.ts";

const SOON_MS = 5000;
const SOURCES = join(import.meta.dir, "../../../../src/util/log");

/** A program with a sink, `say(text)` to answer on stdout and `asked()` to wait for stdin. */
function program(body: string): string[] {
  const script = `
    import { StderrSink } from ${JSON.stringify(join(SOURCES, "stderr-sink.ts"))};
    const sink = new StderrSink();
    sink.attach((level, text) => "[" + level + "] " + text + "\\n");
    const say = (text) => Bun.write(Bun.stdout, text + "\\n");
    let input;
    const asked = () => (input ??= Bun.stdin.stream().getReader()).read();
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    ${body}
  `;
  return [process.execPath, "-e", script];
}

/** `count` lines of 100 bytes. */
const MANY = `for (let i = 0; i < 30000; i++) sink.write(("line " + i).padEnd(99, ".") + "\\n");`;
const MANY_BYTES = 30_000 * 100;

function spawn<Err extends "pipe" | number>(body: string, stderr: Err) {
  return Bun.spawn(program(body), { stdin: "pipe", stdout: "pipe", stderr });
}

async function stderrOf(body: string): Promise<string> {
  const child = spawn(body, "pipe");
  const text = await child.stderr.text();
  await child.exited;
  return text;
}

describe("lines on stderr", () => {
  test("come out at once if they are the first of a turn", async () => {
    const child = spawn(
      `sink.write("one\\n"); sink.write("two\\n"); Bun.sleepSync(60_000);`,
      "pipe",
    );
    const { value } = await child.stderr.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("one\n");
    child.kill("SIGKILL");
    await child.exited;
  });

  test("come out when the turn is over if others were before them", async () => {
    const child = spawn(`sink.write("one\\n"); sink.write("two\\n"); await asked();`, "pipe");
    let text = "";
    for await (const chunk of child.stderr) {
      text += new TextDecoder().decode(chunk);
      if (text === "one\ntwo\n") child.stdin.end();
    }
    expect(text).toBe("one\ntwo\n");
  });

  test("come out when the process ends in that turn", async () => {
    expect(await stderrOf(`sink.write("one\\n"); process.exit(3);`)).toBe("one\n");
    expect(await stderrOf(`sink.write("one\\n"); throw new Error("on purpose");`)).toContain(
      "one\n",
    );
  });

  test("come out in order, however many there are, if somebody reads", async () => {
    const text = await stderrOf(
      `for (let i = 0; i < 20000; i++) { sink.write("line " + i + "\\n"); if (i % 100 === 0) await turn(); }`,
    );
    expect(text).toBe(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(""));
  });

  test("come out in a file too", () => {
    const directory = mkdtempSync(join(tmpdir(), "midge-log-"));
    const path = join(directory, "err");
    const fd = openSync(path, "a");
    Bun.spawnSync(program(`${MANY} process.exit(0);`), { stderr: fd });
    closeSync(fd);
    expect(readFileSync(path, "utf8").length).toBe(MANY_BYTES);
    rmSync(directory, { recursive: true });
  });
});

/** A pipe that is read when the test says so; `Bun.spawn` reads its own as soon as it can. */
class LazyPipe {
  readonly #directory: string;
  readonly #readFd: number;
  readonly writeFd: number;
  readonly #decoder: TextDecoder;
  text: string;

  constructor() {
    this.#directory = mkdtempSync(join(tmpdir(), "midge-log-"));
    const path = join(this.#directory, "pipe");
    Bun.spawnSync(["mkfifo", path]);
    this.#readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writeFd = openSync(path, constants.O_WRONLY);
    this.#decoder = new TextDecoder();
    this.text = "";
  }

  /** Reads what is there and what comes until `isDone`. */
  async readUntil(what: string, isDone: () => boolean): Promise<void> {
    const chunk = Buffer.alloc(65_536);
    await eventually(what, SOON_MS, () => {
      try {
        const count = readSync(this.#readFd, chunk);
        this.text += this.#decoder.decode(chunk.subarray(0, count), { stream: true });
      } catch (error) {
        if (!String(error).includes("EAGAIN")) throw error;
      }
      return isDone();
    });
  }

  close(): void {
    closeSync(this.#readFd);
    closeSync(this.writeFd);
    rmSync(this.#directory, { recursive: true });
  }
}

describe("a pipe that nobody reads", () => {
  let pipe: LazyPipe;
  beforeEach(() => {
    pipe = new LazyPipe();
  });
  afterEach(() => pipe.close());

  test("holds nobody up, and costs only lines beyond a limit, which are counted", async () => {
    const child = spawn(
      `
      ${MANY}
      await turn();
      await say("worked on");
      await asked();
      sink.write("after\\n");
      await asked();
      `,
      pipe.writeFd,
    );
    const { value } = await child.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("worked on\n");
    await pipe.readUntil("the loss", () => /log lines were lost\n$/.test(pipe.text));
    child.stdin.write("go on\n");
    await pipe.readUntil("the line after", () => pipe.text.endsWith("after\n"));
    child.stdin.end();
    await child.exited;
    const lines = pipe.text.split("\n");
    const lost = Number(/^\[warn\] (\d+) log lines were lost$/.exec(lines.at(-3)!)?.[1]);
    expect(lost).toBe(30_000 - (lines.length - 3));
    expect(lost).toBeGreaterThan(15_000);
    expect(lost).toBeLessThan(20_000);
  });

  test("does not keep the process from ending", async () => {
    const child = spawn(`${MANY} await turn(); process.exit(4);`, pipe.writeFd);
    expect(await child.exited).toBe(4);
    await pipe.readUntil("what fits a pipe", () => pipe.text.startsWith("line 0."));
  });

  test("gets what is left when it is read at the end", async () => {
    const child = spawn(
      `
      for (let i = 0; i < 3000; i++) sink.write(("line " + i).padEnd(99, ".") + "\\n");
      await turn();
      await say("ending");
      process.exit(0);
      `,
      pipe.writeFd,
    );
    await child.stdout.getReader().read();
    await pipe.readUntil("all lines", () => pipe.text.length === 300_000);
    await child.exited;
  });
});

test("a reader that goes away does not disturb the process", async () => {
  const child = spawn(
    `
    sink.write("one\\n");
    await asked();
    for (let i = 0; i < 5; i++) { ${MANY} await turn(); }
    await say("worked on");
    process.exit(5);
    `,
    "pipe",
  );
  const errors = child.stderr.getReader();
  await errors.read();
  await errors.cancel();
  child.stdin.write("gone\n");
  expect(await child.stdout.text()).toBe("worked on\n");
  expect(await child.exited).toBe(5);
});
