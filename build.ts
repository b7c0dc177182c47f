/**
 * Makes the executables: `bun run build.ts` for this host into dist/midge, `--target linux-arm64`
 * or `--all` for others into dist/midge-<target>. Bun fetches the runtime of a foreign target from
 * the npm registry. Ends with 1 if any of them could not be built.
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";

/** Our names of the targets and Bun's. */
const TARGETS = {
  "linux-x64": "bun-linux-x64",
  "linux-x64-baseline": "bun-linux-x64-baseline",
  "linux-arm64": "bun-linux-arm64",
  "linux-x64-musl": "bun-linux-x64-musl",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-x64": "bun-darwin-x64",
  "darwin-arm64": "bun-darwin-arm64",
  "windows-x64": "bun-windows-x64",
} as const satisfies Record<string, Bun.Build.CompileTarget>;

type Target = keyof typeof TARGETS;

const USAGE = `Usage: bun run build.ts [--target <target>]... [--all]

Without options: an executable for this host, dist/midge.
Targets: ${Object.keys(TARGETS).join(", ")}`;

function isTarget(name: string): name is Target {
  return name in TARGETS;
}

/** First seven characters of the commit, or "" outside a git checkout. */
function commit(): string {
  try {
    const git = Bun.spawnSync(["git", "rev-parse", "--short=7", "HEAD"], { cwd: import.meta.dir });
    return git.success ? git.stdout.toString().trim().slice(0, 7) : "";
  } catch {
    return "";
  }
}

/** Builds one executable; `target` undefined means this host. Returns whether it worked. */
async function build(target: Target | undefined): Promise<boolean> {
  const outfile = `dist/midge${target === undefined ? "" : `-${target}`}`;
  try {
    const { outputs } = await Bun.build({
      entrypoints: [`${import.meta.dir}/src/main.ts`],
      root: import.meta.dir,
      minify: true,
      // Halves what our own code adds to the start; costs about 2 MB of mapped file.
      bytecode: true,
      format: "cjs",
      define: { MIDGE_BUILD_COMMIT: JSON.stringify(commit()) },
      compile: {
        outfile: `${import.meta.dir}/${outfile}`,
        autoloadDotenv: false,
        autoloadBunfig: false,
        ...(target === undefined ? {} : { target: TARGETS[target] }),
      },
    });
    for (const { path } of outputs) console.log(relative(import.meta.dir, path));
    return true;
  } catch (error) {
    const reason = error instanceof AggregateError ? error.errors.join("\n") : error;
    console.error(`${outfile}: ${reason}`);
    return false;
  }
}

function chosenTargets(): (Target | undefined)[] {
  const { values } = parseArgs({
    options: {
      target: { type: "string", multiple: true },
      all: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const names = values.all ? Object.keys(TARGETS) : (values.target ?? []);
  const unknown = names.filter((name) => !isTarget(name));
  if (unknown.length > 0) throw new Error(`unknown target: ${unknown.join(", ")}`);
  return names.length === 0 ? [undefined] : names.filter(isTarget);
}

let failures = 0;
try {
  for (const target of chosenTargets()) if (!(await build(target))) failures++;
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  failures++;
}
process.exit(failures === 0 ? 0 : 1);
