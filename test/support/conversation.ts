/**
 * Reads conversation files (`test/<feature>/conversations/*.txt`): scripts of lines sent and lines
 * expected on several raw connections to one server. The format is described in `test/README.md`.
 * Used by the replay and the recorder; a mistake in a file is an error with its line number.
 */

/** A line sent; `text` is what `template.ts` reads. */
export interface SendStep {
  readonly kind: "send";
  readonly connection: string;
  readonly text: string;
  readonly line: number;
}

/** A line expected; with several connections exactly one of them gets it. */
export interface ExpectStep {
  readonly kind: "expect";
  readonly connections: readonly string[];
  readonly text: string;
  /** Neighbouring steps that have this set may arrive in any order. */
  readonly isUnordered: boolean;
  readonly line: number;
}

const EVENTS = ["open", "close", "closed", "unfinished"] as const;

/**
 * `open`: connects now rather than at the first line; `close`: the client hangs up; `closed`: the
 * server has, with nothing more sent; `unfinished`: the server waits for the rest of a line, a
 * payload or a login, so that no closing PING can be sent.
 */
export interface EventStep {
  readonly kind: "event";
  readonly connection: string;
  readonly event: (typeof EVENTS)[number];
  readonly line: number;
}

export type Step = SendStep | ExpectStep | EventStep;

export interface Conversation {
  /** A sentence about behaviour; the name of the test. */
  readonly title: string;
  readonly line: number;
  /** Server options by configuration key, `block.key` inside a block. */
  readonly options: ReadonlyMap<string, string>;
  /** Sent by each connection when it opens, with a PING whose PONG is waited for. */
  readonly connect: string | undefined;
  /** How long the recorder waits for more answers. */
  readonly quietMs: number;
  /** Set when lines must be sent as they are written, not cut at other places. */
  readonly isSentWhole: boolean;
  /** Why the expected lines are not the recorded ones; undefined when they are. */
  readonly documented: string | undefined;
  readonly steps: readonly Step[];
}

/**
 * Whether PINGs of the server belong to the script; otherwise they only mean that it took a while.
 */
export function expectsPings(conversation: Conversation): boolean {
  return (
    conversation.options.has("ping_interval") ||
    conversation.steps.some((step) => step.kind === "expect" && step.text.startsWith("PING"))
  );
}

export interface ConversationFile {
  readonly path: string;
  readonly lines: readonly string[];
  readonly conversations: readonly Conversation[];
}

const DEFAULT_QUIET_MS = 150;
const TITLE = /^== (.+)$/;
const DIRECTIVE = /^@(\w+)(?: (.+))?$/;
const OPTION = /^([a-z_]+(?:\.[a-z_]+)?): (.+)$/;
const STEP = /^([A-Z]+)(>|<~?|!)(?: (.*))?$/;

/** What a conversation starts with: nothing, or what the head of its file says. */
interface Settings {
  options: Map<string, string>;
  connect: string | undefined;
  quietMs: number;
  isSentWhole: boolean;
  documented: string | undefined;
}

interface Draft extends Settings {
  title: string;
  line: number;
  steps: Step[];
}

/** Reads one file. Throws an `Error` that names path and line. */
export async function readConversations(path: string): Promise<ConversationFile> {
  const lines = (await Bun.file(path).text()).split("\n");
  const head: Settings = {
    options: new Map(),
    connect: undefined,
    quietMs: DEFAULT_QUIET_MS,
    isSentWhole: false,
    documented: undefined,
  };
  const drafts: Draft[] = [];
  for (const [index, line] of lines.entries()) {
    const problem = readLine(line, index + 1, head, drafts);
    if (problem !== undefined) throw new Error(`${path}:${index + 1}: ${problem}: ${line}`);
  }
  return { path, lines, conversations: drafts };
}

function readLine(
  line: string,
  lineNumber: number,
  head: Settings,
  drafts: Draft[],
): string | undefined {
  if (line === "" || line.startsWith("#")) return undefined;
  const title = TITLE.exec(line);
  if (title !== null) {
    const options = new Map(head.options);
    drafts.push({ ...head, options, title: title[1]!, line: lineNumber, steps: [] });
    return undefined;
  }
  const draft = drafts.at(-1);
  const settings = draft ?? head;
  const directive = DIRECTIVE.exec(line);
  if (directive !== null) return applyDirective(settings, directive[1]!, directive[2] ?? "");
  const step = STEP.exec(line);
  if (step !== null && draft !== undefined) {
    const read = readStep(step[1]!, step[2]!, step[3] ?? "", lineNumber);
    if (read !== undefined) draft.steps.push(read);
    return read === undefined ? "unknown event" : undefined;
  }
  const option = OPTION.exec(line);
  if (option === null) return "neither title, option, directive nor step";
  settings.options.set(option[1]!, option[2]!);
  return undefined;
}

function applyDirective(settings: Settings, name: string, value: string): string | undefined {
  switch (name) {
    case "connect":
      settings.connect = value === "none" ? undefined : value;
      return undefined;
    case "quiet":
      settings.quietMs = Number(value);
      return undefined;
    case "whole":
      settings.isSentWhole = true;
      return undefined;
    case "documented":
      settings.documented = value;
      return undefined;
    default:
      return "unknown directive";
  }
}

function readStep(letters: string, sign: string, text: string, line: number): Step | undefined {
  const connections = [...letters];
  const connection = connections[0]!;
  if (sign === "!") {
    const event = EVENTS.find((name) => name === text);
    return event === undefined ? undefined : { kind: "event", connection, event, line };
  }
  if (sign === ">") return { kind: "send", connection, text, line };
  return { kind: "expect", connections, text, isUnordered: sign === "<~", line };
}
