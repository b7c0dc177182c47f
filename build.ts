/**
 * Makes the executables: `bun run build.ts` for this host into dist/midge, `--target linux-arm64`
 * or `--all` for others into dist/midge-<target>. Bun fetches the runtime of a foreign target from
 * the npm registry. Ends with 1 if any of them could not be built.
 */
import { rmSync } from "node:fs";
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
Targets: ${Object.keys(TARGETS).join(", ")}

Each gets its bcrypt add-on if that is installed, which needs for targets other than this host
  bun install --os '*' --cpu '*' --libc '*'`;

function isTarget(name: string): name is Target {
  return name in TARGETS;
}

/** What the packages with the bcrypt add-on for each target end in. */
const ADDONS = {
  "linux-x64": "linux-x64-gnu",
  "linux-x64-baseline": "linux-x64-gnu",
  "linux-arm64": "linux-arm64-gnu",
  "linux-x64-musl": "linux-x64-musl",
  "linux-arm64-musl": "linux-arm64-musl",
  "darwin-x64": "darwin-x64",
  "darwin-arm64": "darwin-arm64",
  "windows-x64": "win32-x64-msvc",
} as const satisfies Record<Target, string>;

/** The add-on's file; undefined if its package is not installed. */
function addonFile(target: Target | undefined): string | undefined {
  const host = `${process.platform}-${process.arch}`;
  const names = target === undefined ? Object.values(ADDONS) : [ADDONS[target]];
  for (const name of names) {
    const addon = `@node-rs/bcrypt-${name}`;
    try {
      if (target === undefined) {
        // Several may be installed; the one for this host is the one that it can load.
        if (!name.startsWith(host)) continue;
        import.meta.require(addon);
      }
      return Bun.resolveSync(addon, import.meta.dir);
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * Embeds the bcrypt add-on of the target, and it alone: the package's own loader would be given
 * what is installed for this host, and search the system at run time. Without one, bcrypt.ts says
 * what happens.
 */
function bcryptAddon(file: string | undefined): Bun.BunPlugin {
  const contents =
    file === undefined
      ? 'throw new Error("this build is without it");'
      : `module.exports = require(${JSON.stringify(file)});`;
  return {
    name: "bcrypt-addon",
    setup(builder) {
      const filter = /@node-rs[\\/]bcrypt[\\/]binding\.js$/;
      builder.onLoad({ filter }, () => ({ contents, loader: "js" }));
    },
  };
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
  const addon = addonFile(target);
  try {
    const { outputs } = await Bun.build({
      entrypoints: [`${import.meta.dir}/src/main.ts`],
      root: import.meta.dir,
      minify: true,
      // Stacks in the log name files and lines; the executable carries the maps, unread till then.
      sourcemap: "inline",
      // Halves what our own code adds to the start; costs about 2 MB of mapped file.
      bytecode: true,
      // What a server does not need at start stays on disk.
      format: "esm",
      splitting: true,
      plugins: [bcryptAddon(addon)],
      define: { MIDGE_BUILD_COMMIT: JSON.stringify(commit()) },
      compile: {
        outfile: `${import.meta.dir}/${outfile}`,
        autoloadDotenv: false,
        autoloadBunfig: false,
        ...(target === undefined ? {} : { target: TARGETS[target] }),
      },
    });
    for (const { path, kind } of outputs) {
      if (kind === "sourcemap") rmSync(path, { force: true });
      else console.log(relative(import.meta.dir, path));
    }
    if (addon === undefined) {
      console.log(`${outfile}: no @node-rs/bcrypt for this target, Bun's own bcrypt stands in`);
    }
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
