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

const EVENTS = ["open", "close", "closed", "unfinished", "waits"] as const;

/**
 * `open`: connects now rather than at the first line; `close`: the client hangs up; `closed`: the
 * server has, with nothing more sent; `unfinished`: the server waits for the rest of a line, a
 * payload or a login, so that no closing PING can be sent; `waits`: the client lets time pass.
 */
export interface EventStep {
  readonly kind: "event";
  readonly connection: string;
  readonly event: (typeof EVENTS)[number];
  /** How long it waits; 0 for all other events. */
  readonly milliseconds: number;
  readonly line: number;
}

export type Step = SendStep | ExpectStep | EventStep;

export interface Conversation {
  /** A sentence about behaviour; the name of the test. */
  readonly title: string;
  readonly line: number;
  /** Server options by configuration key, `block.key` inside a block. */
  readonly options: ReadonlyMap<string, string>;
  /** More of the configuration, in nats-server's language; "" for none. */
  readonly config: string;
  /**
   * What a connection sends when it opens, with a PING whose PONG is waited for; under
   * `OTHER_CONNECTIONS` for those without a line of their own, undefined for nothing.
   */
  readonly connects: ReadonlyMap<string, string | undefined>;
  /** How long the recorder waits for more answers. */
  readonly quietMs: number;
  /** Set when lines must be sent as they are written, not cut at other places. */
  readonly isSentWhole: boolean;
  /** Why the expected lines are not the recorded ones; undefined when they are. */
  readonly documented: string | undefined;
  readonly steps: readonly Step[];
}

export const OTHER_CONNECTIONS = "*";

/** What a connection sends when it opens; undefined for nothing. */
export function connectOf({ connects }: Conversation, connection: string): string | undefined {
  return connects.get(connects.has(connection) ? connection : OTHER_CONNECTIONS);
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
const CONNECT = /^(?:([A-Z]+) )?(.+)$/;
const CONFIG_START = "@config";
const CONFIG_END = "@end";

/** What a conversation starts with: nothing, or what the head of its file says. */
interface Settings {
  options: Map<string, string>;
  config: string;
  connects: Map<string, string | undefined>;
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
    config: "",
    connects: new Map(),
    quietMs: DEFAULT_QUIET_MS,
    isSentWhole: false,
    documented: undefined,
  };
  const drafts: Draft[] = [];
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    if (line === CONFIG_START) {
      const end = lines.indexOf(CONFIG_END, index);
      if (end < 0) throw new Error(`${path}:${index + 1}: no ${CONFIG_END} for this ${line}`);
      (drafts.at(-1) ?? head).config = lines.slice(index + 1, end).join("\n");
      index = end;
      continue;
    }
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
    const connects = new Map(head.connects);
    drafts.push({ ...head, options, connects, title: title[1]!, line: lineNumber, steps: [] });
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
      return applyConnect(settings.connects, value);
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

function applyConnect(
  connects: Map<string, string | undefined>,
  value: string,
): string | undefined {
  const [found, connections, text] = CONNECT.exec(value) ?? [];
  if (found === undefined) return "connect with what";
  if (value === "none") connects.clear();
  for (const connection of connections ?? OTHER_CONNECTIONS) {
    connects.set(connection, text === "none" ? undefined : text);
  }
  return undefined;
}

function readStep(letters: string, sign: string, text: string, line: number): Step | undefined {
  const connections = [...letters];
  const connection = connections[0]!;
  if (sign === "!") {
    const [name, milliseconds = 0] = text.split(" ");
    const event = EVENTS.find((one) => one === name);
    if (event === undefined || (event === "waits") !== Number(milliseconds) > 0) return undefined;
    return { kind: "event", connection, event, milliseconds: Number(milliseconds), line };
  }
  if (sign === ">") return { kind: "send", connection, text, line };
  return { kind: "expect", connections, text, isUnordered: sign === "<~", line };
}
