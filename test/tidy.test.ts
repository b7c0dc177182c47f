/**
 * The rules of structure and style that a machine can check, over all of the sources. A failing
 * line names the file, the line and the rule. To change a rule, change it here.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "bun:test";
import { dependencies, devDependencies } from "../package.json";
import { SourceText } from "./support/source-text.ts";

const ROOT = join(import.meta.dir, "..");
const MAIN = "src/main.ts";
/** What runs in a browser is put together by a macro, which no import names. */
const PAGE = "src/monitor/dashboard/main.ts";

/** Among what is loaded when somebody connects or asks for it, never before. */
const AFTER_GREETING = [
  "src/connection/connection.ts",
  "src/nats/client.ts",
  "src/nats/parser.ts",
  "src/server/late-parts.ts",
  "src/server/reload.ts",
];

/** A folder may import from itself and from folders with a lower number. */
const LAYERS: Readonly<Record<string, number>> = {
  util: 0,
  subject: 1,
  transport: 1,
  config: 2,
  broker: 3,
  auth: 4,
  connection: 5,
  nats: 6,
  mqtt: 6,
  monitor: 6,
  server: 7,
  cli: 8,
  "main.ts": 9,
};

const MAX_FILE_LINES = 500;
const MAX_FUNCTION_LINES = 70;
const MAX_LINE_CHARACTERS = 100;
/** A header has this many lines at least, and none of its paragraphs is longer than that. */
const MIN_HEADER_LINES = 2;
const MAX_PARAGRAPH_LINES = 6;
/** Files that are mostly one table, which may be longer. */
const TABLES = new Set(["src/config/options.ts"]);
/** The one place on the message path that catches: per chunk, not per message. */
const CATCHES = "src/connection/connection.ts";

/** What hot files do without inside functions: it allocates, or keeps code from being compiled. */
const COLD_CONSTRUCTS: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  { name: "a closure", pattern: /=>|\bfunction\b/g },
  { name: "spread", pattern: /\.\.\./g },
  {
    name: "an array method",
    pattern: /\.(?:map|filter|forEach|reduce|some|every|findIndex|flatMap|flat|concat)\(/g,
  },
  { name: "async", pattern: /\basync\b|\bawait\b/g },
  { name: "try", pattern: /\btry\b/g },
];

function sources(...patterns: string[]): SourceText[] {
  return patterns
    .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync(ROOT)])
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => new SourceText(path, readFileSync(join(ROOT, path), "utf8")));
}

const product = sources("src/**/*.ts");
const everything = [...product, ...sources("test/**/*.ts", "build.ts")];

/** The rule's findings as a list, so that a failing test prints them all. */
function check(files: readonly SourceText[], rule: (file: SourceText) => string[]): void {
  expect(files.flatMap(rule)).toEqual([]);
}

function finding(file: SourceText, line: number, text: string): string {
  return `${file.path}:${line}: ${text}`;
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}

/** Paths of the sources that a file imports; on demand, only those that run before it. */
function importedPaths(file: SourceText, onlyEager = false): string[] {
  return file.imports
    .filter(({ specifier, isEager }) => specifier.startsWith(".") && (isEager || !onlyEager))
    .map(({ specifier }) => join(dirname(file.path), specifier).replaceAll("\\", "/"));
}

function layerFindings(file: SourceText): string[] {
  const own = LAYERS[folderOf(file.path)];
  if (own === undefined) return [finding(file, 1, "stands in no layer")];
  return importedPaths(file).flatMap((path) => {
    if (path === "package.json" || folderOf(path) === folderOf(file.path)) return [];
    const layer = path.startsWith("src/") ? LAYERS[folderOf(path)] : undefined;
    if (layer !== undefined && layer < own) return [];
    return [finding(file, 1, `imports ${path}, which is not in a lower layer`)];
  });
}

function packageFindings(file: SourceText): string[] {
  const known = new Set(["bun", ...Object.keys(dependencies)]);
  if (!file.path.startsWith("src/"))
    for (const name of Object.keys(devDependencies)) known.add(name);
  return file.imports.flatMap(({ specifier, line }) => {
    if (/^(?:\.|node:|bun:)/.test(specifier)) return [];
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    return known.has(name) ? [] : [finding(file, line, `imports ${name}, not in package.json`)];
  });
}

/** Each cycle of imports once, types included, as "a -> b -> a". */
function cycles(files: readonly SourceText[]): string[] {
  const imports = new Map(files.map((file) => [file.path, importedPaths(file)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      found.push([...trail.slice(start), path].join(" -> "));
      return;
    }
    if (done.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return found;
}

/** All that is imported by the files at `roots`, or by those that they import. */
function reachable(
  files: readonly SourceText[],
  roots: readonly string[],
  onlyEager = false,
): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const queue = [...roots];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    queue.push(...importedPaths(file, onlyEager));
  }
  return reached;
}

function unreachable(files: readonly SourceText[]): string[] {
  const reached = reachable(files, [MAIN, PAGE]);
  return files.map((file) => file.path).filter((path) => !reached.has(path));
}

/** What each start runs although the first greeting does without it. */
function eagerFindings(files: readonly SourceText[]): string[] {
  const reached = reachable(files, [MAIN], true);
  return AFTER_GREETING.filter((path) => reached.has(path));
}

/** Drawings and grammars (between fences) do not count. */
function headerFindings(file: SourceText): string[] {
  const header = /^\/\*\*?([\s\S]*?)\*\//.exec(file.text)?.[1];
  if (header === undefined) return [finding(file, 1, "does not open with a comment")];
  const prose = header.replace(/```[\s\S]*?```/g, "").split("\n");
  const paragraphs = prose.map((line) => (/[^\s*]/.test(line) ? "x" : " ")).join("");
  const lengths = paragraphs.split(/\s+/).map((paragraph) => paragraph.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total < MIN_HEADER_LINES) return [finding(file, 1, "says too little about itself")];
  if (Math.max(...lengths) <= MAX_PARAGRAPH_LINES) return [];
  return [finding(file, 1, `opens with more than ${MAX_PARAGRAPH_LINES} lines in one piece`)];
}

function isHot(file: SourceText): boolean {
  return /^\/\*\*[^/]*\[hot\]/.test(file.text);
}

function hotFindings(file: SourceText): string[] {
  if (!isHot(file)) return [];
  const offsets = COLD_CONSTRUCTS.flatMap(({ name, pattern }) => {
    if (name === "try" && file.path === CATCHES) return [];
    return file.find(pattern).map((at) => ({ at, name }));
  });
  for (const at of file.templates) offsets.push({ at, name: "a template string" });
  for (const at of file.regExps) offsets.push({ at, name: "a regular expression" });
  return offsets
    .filter(({ at }) => file.isInFunction(at))
    .map(({ at, name }) => finding(file, file.lineAt(at), `${name} in a hot file`));
}

function lengthFindings(file: SourceText): string[] {
  const count = file.lines.length - 1;
  if (count <= MAX_FILE_LINES || TABLES.has(file.path)) return [];
  return [finding(file, count, `${count} lines`)];
}

/** Groups of tests are no functions in this sense. */
function functionFindings(file: SourceText): string[] {
  return file.functions
    .filter((span) => span.lineCount > MAX_FUNCTION_LINES)
    .filter((span) => !/^\s*describe\(/.test(file.lines[span.line - 1] ?? ""))
    .map((span) => finding(file, span.line, `a function of ${span.lineCount} lines`));
}

/** Texts and addresses that cannot be broken do not count. */
function wideFindings(file: SourceText): string[] {
  return file.lines.flatMap((line, index) => {
    const breakable = line.replace(/"[^"]*"|`[^`]*`|'[^']*'|https?:\S+/g, "");
    if (line.length <= MAX_LINE_CHARACTERS || breakable.length < line.length - 40) return [];
    return [finding(file, index + 1, `${line.length} characters`)];
  });
}

const UNFINISHED = new RegExp(`\\b(?:${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);

function commentFindings(file: SourceText): string[] {
  return file.comments.flatMap(({ text, at }) => {
    const line = file.lineAt(at);
    if (UNFINISHED.test(text)) return [finding(file, line, "marks unfinished work")];
    if (text.startsWith("//") && isCode(text)) return [finding(file, line, "commented-out code")];
    return [];
  });
}

/** A comment line that ends like a statement or begins like one. */
function isCode(comment: string): boolean {
  const text = comment.replace(/^\/+\s*/, "");
  return (
    /[;{]\s*$/.test(text) ||
    /^(?:const|let|return|import|export|if|for|while|await)\b.*[=({]/.test(text) ||
    /^\}/.test(text)
  );
}

function typeFindings(file: SourceText): string[] {
  return file
    .find(/\bany\b(?!\()/g)
    .filter((at) => /[:<|&,(]\s*$|\bas\s+$/.test(file.code.slice(Math.max(0, at - 12), at)))
    .map((at) => finding(file, file.lineAt(at), "any"));
}

describe("the sources", () => {
  test("import only from lower layers", () => check(product, layerFindings));
  test("import only packages named in package.json", () => check(everything, packageFindings));
  test("have no cycles of imports", () => expect(cycles(product)).toEqual([]));
  test("are all reachable from main.ts, or from the script of the dashboard", () =>
    expect(unreachable(product)).toEqual([]));
  test("run nothing before the first greeting that it does without", () =>
    expect(eagerFindings(product)).toEqual([]));
  test("name imported files with their extension", () =>
    check(everything, (file) =>
      file.imports
        .filter(({ specifier }) => /^\./.test(specifier) && !/\.(?:ts|json)$/.test(specifier))
        .map(({ specifier, line }) => finding(file, line, specifier)),
    ));
  test("have no index.ts", () => {
    const indexes = everything.map((file) => file.path).filter((path) => /\bindex\.ts$/.test(path));
    expect(indexes.map((path) => basename(path))).toEqual([]);
  });
  test("open with a comment that says what they are", () => check(product, headerFindings));
  test("stay under 500 lines a file", () => check(everything, lengthFindings));
  test("stay under 70 lines a function", () => check(everything, functionFindings));
  test("stay within 100 characters a line", () => check(everything, wideFindings));
  test("hold no unfinished work and no code in comments", () => check(everything, commentFindings));
  test("do without any", () => check(everything, typeFindings));
  test("keep slow constructs out of hot files", () => check(product, hotFindings));
  test("skip no tests", () =>
    check(everything, (file) =>
      file
        .find(/\b(?:test|it|describe)\.(?:skip|only|todo)\b/g)
        .map((at) => finding(file, file.lineAt(at), "a skipped or exclusive test")),
    ));
});

/** A file for the rules to find fault with. */
function sample(path: string, ...lines: string[]): SourceText {
  return new SourceText(path, lines.join("\n"));
}

describe("the rules notice", () => {
  const hot = (...lines: string[]) =>
    hotFindings(sample("src/nats/x.ts", "/**", " * X. [hot]", " */", ...lines)).length;

  test("an import of a later or neighbouring layer, also of types", () => {
    const bad = 'import type { A } from "../nats/a.ts";';
    expect(layerFindings(sample("src/broker/x.ts", bad))).toHaveLength(1);
    expect(layerFindings(sample("src/mqtt/x.ts", bad))).toHaveLength(1);
    expect(layerFindings(sample("src/server/x.ts", bad))).toEqual([]);
  });

  test("a cycle of type imports over several lines", () => {
    const a = sample("src/util/a.ts", "import type {", "  B,", '} from "./b.ts";');
    const b = sample("src/util/b.ts", 'export { a } from "./a.ts";');
    expect(cycles([a, b])).toEqual(["src/util/a.ts -> src/util/b.ts -> src/util/a.ts"]);
  });

  test("a file that nothing imports", () => {
    const main = sample(MAIN, 'await import("./util/a.ts");');
    const files = [main, sample("src/util/a.ts"), sample("src/util/b.ts")];
    expect(unreachable(files)).toEqual(["src/util/b.ts"]);
  });

  test("what runs at every start", () => {
    const client = sample("src/nats/client.ts");
    const found = (line: string) => eagerFindings([sample(MAIN, line), client]).length;
    expect(found('import { A } from "./nats/client.ts";')).toBe(1);
    expect(found('import "./nats/client.ts";')).toBe(1);
    expect(found('import { type A, b } from "./nats/client.ts";')).toBe(1);
    expect(found('import type { A } from "./nats/client.ts";')).toBe(0);
    expect(found('const { A } = await import("./nats/client.ts");')).toBe(0);
  });

  test("each slow construct in a function of a hot file, and only there", () => {
    const inside = (code: string) => hot("function f(a: A): B | undefined {", `  ${code}`, "}");
    expect(inside("return a.b;")).toBe(0);
    expect(inside("return () => a;")).toBe(1);
    expect(inside("return g(...a);")).toBe(1);
    expect(inside("return a.map(g);")).toBe(1);
    expect(inside("return /a+/;")).toBe(1);
    expect(inside("return `a`;")).toBe(1);
    expect(inside('return "a => b ... `c`"; // => ...')).toBe(0);
    expect(inside("return a / b / c;")).toBe(0);
    expect(inside("try {} finally {}")).toBe(1);
    expect(hot("export type F = (a: A) => void;", "const table = [1].map(String);")).toBe(0);
  });

  test("functions in each form, and no other braces", () => {
    const count = (line: string) => sample("src/util/x.ts", line, "}").functions.length;
    expect(count("function f(): void {")).toBe(1);
    expect(count("  parse(text: string): Map<string, () => void> {")).toBe(1);
    expect(count("  constructor({ a }: { a: number }) {")).toBe(1);
    expect(count("const f = (a: A): a is B => {")).toBe(1);
    expect(count("  get port(): { a: number } {")).toBe(1);
    expect(count("  if (a && f(b)) {")).toBe(0);
    expect(count("  for (const a of f()) {")).toBe(0);
    expect(count("  } catch {")).toBe(0);
    expect(count("class A extends f(B) implements C {")).toBe(0);
    expect(count("const a = f(b) ? c(d) : {")).toBe(0);
    expect(count("    case f(a): {")).toBe(0);
  });

  test("a function that is too long, from its head to its brace", () => {
    const body = Array<string>(70).fill("  a();");
    const [span] = sample("src/util/x.ts", "function f(", "  a: A,", ") {", ...body, "}").functions;
    expect(span).toMatchObject({ line: 1, lineCount: 74 });
  });

  test("code in comments, but not prose", () => {
    const count = (comment: string) => commentFindings(sample("src/util/x.ts", comment)).length;
    expect(count("// const a = b(c)")).toBe(1);
    expect(count("// a.b(c);")).toBe(1);
    expect(count("// A return type may hold parentheses: try a few.")).toBe(0);
    expect(count("// if the peer closed, nothing is left to do")).toBe(0);
  });

  test("any as a type, but not as a word or a name", () => {
    const count = (line: string) => typeFindings(sample("src/util/x.ts", line)).length;
    expect(count("let a: any;")).toBe(1);
    expect(count("let a = b as any;")).toBe(1);
    expect(count("let a: Map<string, any>;")).toBe(1);
    expect(count('let a = "any"; // any')).toBe(0);
    expect(count("let a = Promise.any(b);")).toBe(0);
  });

  test("a header that is missing or too short", () => {
    expect(headerFindings(sample("src/util/x.ts", "let a;"))).toHaveLength(1);
    expect(headerFindings(sample("src/util/x.ts", "/** One line. */"))).toHaveLength(1);
    expect(
      headerFindings(sample("src/util/x.ts", "/**", " * One line,", " * and another.", " */")),
    ).toEqual([]);
  });

  test("a line that could be broken, but no long text", () => {
    const words = "word ".repeat(24);
    expect(wideFindings(sample("src/util/x.ts", `// ${words}`))).toHaveLength(1);
    expect(wideFindings(sample("src/util/x.ts", `  say("${words}");`))).toEqual([]);
  });
});
