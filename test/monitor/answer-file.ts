/**
 * Reads and writes files of recorded answers (`test/monitor/answers/*.txt`): what monitoring is
 * asked, each with the answer that nats-server gives. The format is described in `test/README.md`.
 */

/** One question and its answer. */
export interface RecordedAnswer {
  /** As it stands in the file: `GET /connz?sort=subs => connections.name`. */
  readonly question: string;
  readonly line: number;
  /** Why the answer is not the recorded one; undefined when it is. */
  readonly documented: string | undefined;
  readonly answer: string;
}

export interface AnswerFile {
  /** Comments and directives before the first question. */
  readonly head: readonly string[];
  readonly config: string;
  readonly answers: readonly RecordedAnswer[];
}

const QUESTION = "== ";
const DOCUMENTED = "@documented ";
const CONFIG_START = "@config";
const CONFIG_END = "@end";

export async function readAnswers(path: string): Promise<AnswerFile> {
  const lines = (await Bun.file(path).text()).split("\n");
  const starts = lines.flatMap((line, index) => (line.startsWith(QUESTION) ? [index] : []));
  const head = lines.slice(0, starts[0]);
  const answers = starts.map((start, index) => {
    const [first = "", ...rest] = lines.slice(start, starts[index + 1]);
    const isDocumented = rest[0]?.startsWith(DOCUMENTED) === true;
    return {
      question: first.slice(QUESTION.length),
      line: start + 1,
      documented: isDocumented ? rest[0]!.slice(DOCUMENTED.length) : undefined,
      answer: rest
        .slice(isDocumented ? 1 : 0)
        .filter((line) => !line.startsWith("#"))
        .join("\n")
        .trim(),
    };
  });
  return { head, config: configIn(head), answers };
}

function configIn(head: readonly string[]): string {
  const start = head.indexOf(CONFIG_START);
  return start < 0 ? "" : head.slice(start + 1, head.indexOf(CONFIG_END)).join("\n");
}

/** The text of a file with these answers. */
export function textOfAnswers({ head, answers }: AnswerFile): string {
  const blocks = answers.map(({ question, documented, answer }) => {
    const reason = documented === undefined ? [] : [DOCUMENTED + documented];
    return [QUESTION + question, ...reason, answer].join("\n");
  });
  return `${[head.join("\n").trim(), ...blocks].join("\n\n")}\n`;
}
