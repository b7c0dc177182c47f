/**
 * `-t`: what midge says to the sample configurations, compared with what nats-server said to them,
 * and the same through the program with its exact texts and exit codes.
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { fileSource } from "../../src/config/file-source.ts";
import { type ResolvedOptions, resolveOptions } from "../../src/config/resolve.ts";
import recorded from "../config/recorded.json";
import { command, runToEnd } from "../support/program.ts";

const SAMPLES = join(import.meta.dir, "../config/samples");

const ONE_SERVER = "midge is one server, and says so to whoever counts on more";
const EARLIER = "nats-server finds it only when it starts; midge's -t looks at all that is checked";

/** Samples that midge judges otherwise, or in other words, and why. */
const DIFFERENCES: Readonly<Record<string, { says: readonly string[]; because: string }>> = {
  "cluster.conf": {
    says: ['"cluster": midge has no clustering, it is one server'],
    because: ONE_SERVER,
  },
  "gateway.conf": {
    says: ['"gateway": midge has no gateways, it is one server'],
    because: ONE_SERVER,
  },
  "leafnodes.conf": {
    says: ['"leafnodes": midge has no leaf nodes, it is one server'],
    because: ONE_SERVER,
  },
  "jetstream.conf": {
    says: ['"jetstream": midge has no JetStream, it is one server'],
    because: ONE_SERVER,
  },
  "mqtt.conf": {
    says: ['"jetstream": midge has no JetStream, it is one server'],
    because: ONE_SERVER,
  },
  "payload-above-pending.conf": {
    says: ["max_payload (2097152) cannot be higher than max_pending (1048576)"],
    because: EARLIER,
  },
  "lame-duck-grace-too-long.conf": {
    says: ["lame duck grace period (40s) should be strictly lower than lame duck duration (30s)"],
    because: EARLIER,
  },
  "no-auth-user-unknown.conf": {
    says: [
      'no_auth_user: "nobody" not present as user or nkey in authorization block or account configuration',
    ],
    because: EARLIER,
  },
  "websocket.conf": {
    says: [
      'trusted operators or trusted keys configuration is required for JWT authentication via cookie "token"',
    ],
    because: EARLIER,
  },
  "bad-timeout-in-minutes.conf": {
    says: [
      'invalid use of field "timeout": timeout of 1m (1000000 seconds) is high, consider keeping it ' +
        "under 60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m, for example",
    ],
    because: "nats-server shows nanoseconds where it says that it shows a duration",
  },
  "bad-tls-certificate-missing.conf": {
    says: [
      "error parsing X509 certificate/key pair: open certs/none.pem: no such file or directory",
      "error parsing X509 certificate/key pair: open certs/none-key.pem: no such file or directory",
    ],
    because: "midge looks for both files before it complains",
  },
};

/** As the program does with `-t`, from the folder of the samples, with an empty environment. */
function resolveSample(file: string): Promise<ResolvedOptions> {
  const sources = {
    configPath: file,
    flags: new Map(),
    unsupportedFlags: [],
    tlsFlags: undefined,
  };
  const inSamples = (path: string) => join(SAMPLES, path);
  return resolveOptions(sources, {
    read(path) {
      if (statSync(inSamples(path), { throwIfNoEntry: false })?.isFile() !== true) {
        return fileSource.read(path);
      }
      return readFileSync(inSamples(path), "utf8");
    },
    isUsableDirectory: (path) => fileSource.isUsableDirectory(inSamples(path)),
    environment: () => undefined,
  });
}

/** What does not count: options that are read and checked but have no effect yet. */
function isUnavailable(line: string): boolean {
  return / not available in this version of midge$/.test(line);
}

/** A problem without its place, nats-server's wrapping of it, and our advice. */
function reasonOf(line: string): string {
  return line
    .replace(/^nats-server: /, "")
    .replace(/^error parsing include file '[^']*', (?=Parse error)/, "")
    .replace(/^Parse error on line \d+: '(.*)'$/s, "$1")
    .replace(/^\S+?:\d+:\d+: /, "")
    .replace(/^(config is invalid) \(.*\)$/, "$1")
    .replace(/, did you mean ".*"\?$/, "");
}

describe("of the samples,", () => {
  test.each(Object.entries(recorded))("%s is judged as nats-server does", async (file, said) => {
    const { errors, warnings, origin } = await resolveSample(file);
    const reasons = [...warnings, ...errors].filter((line) => !isUnavailable(line)).map(reasonOf);
    const lines = said.stderr.filter((line) => line !== "");
    const expected = said.exitCode === 0 ? [] : lines.map(reasonOf);
    expect(reasons).toEqual([...(DIFFERENCES[file]?.says ?? expected)]);
    if (said.exitCode === 0) expect(origin?.digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("those that are judged otherwise are indeed recorded otherwise", () => {
    for (const [file, { says }] of Object.entries(DIFFERENCES)) {
      const said = recorded[file as keyof typeof recorded];
      const reasons = said.exitCode === 0 ? [] : said.stderr.filter((line) => line !== "");
      expect(reasons.map(reasonOf)).not.toEqual([...says]);
    }
  });
});

describe("through the program", () => {
  /** Runs `-t` on a sample, in the samples' folder. */
  async function check(file: string, ...flags: string[]): Promise<[string, string, number]> {
    const child = Bun.spawn(command(["-t", "-c", file, ...flags]), {
      cwd: SAMPLES,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
    return [stdout, stderr, await child.exited];
  }

  test.each(["limits.conf", "includes-nested.conf", "logging.conf"] as const)(
    "%s is valid, with nats-server's digest",
    async (file) => {
      const line = recorded[file].stderr[0]!.replace(/^nats-server: /, "midge: ");
      expect(await check(file)).toEqual(["", `${line}\n`, 0]);
    },
  );

  test.each([
    [
      "bad-unknown-field.conf",
      'bad-unknown-field.conf:2:1: unknown field "max_connection", did you mean "max_connections"?',
    ],
    ["bad-empty.conf", "bad-empty.conf: config has no values or is empty"],
    [
      "bad-duration-as-number.conf",
      'bad-duration-as-number.conf:1:0: invalid use of field "ping_interval": ' +
        "ping_interval should be converted to a duration",
    ],
    ["bad-syntax-open-map.conf", "bad-syntax-open-map.conf:4:1: Unexpected EOF processing map."],
    [
      "bad-include-unknown-field.conf",
      'includes/unknown-field.conf:3:3: unknown field "max_payloads", did you mean "max_payload"?',
    ],
    ["cluster.conf", 'cluster.conf:1:0: "cluster": midge has no clustering, it is one server'],
    ["none.conf", "open none.conf: no such file or directory"],
  ])("%s is refused with its line and 1", async (file, line) => {
    expect(await check(file)).toEqual(["", `midge: ${line}\n`, 1]);
  });

  test("a cluster is let pass after --ignore-unsupported, and named all the same", async () => {
    const [stdout, stderr, exitCode] = await check("cluster.conf", "--ignore-unsupported");
    expect(stdout).toBe("");
    expect(stderr.split("\n")).toEqual([
      'midge: cluster.conf:1:0: "cluster": midge has no clustering, it is one server',
      expect.stringMatching(/^midge: configuration file cluster\.conf is valid \(sha256:\w+\)$/),
      "",
    ]);
    expect(exitCode).toBe(0);
  });

  test("nothing is started, written or bound", async () => {
    const { stderr, exitCode } = await runToEnd(
      ...[
        "-t",
        "-c",
        join(SAMPLES, "minimal.conf"),
        "-P",
        "/nonexistent/x",
        "-l",
        "/nonexistent/y",
      ],
    );
    expect(stderr).toMatch(/^midge: configuration file \S+ is valid \(sha256:\w+\)\n$/);
    expect(exitCode).toBe(0);
  });
});

describe("a configuration that is no file on a disk", () => {
  test.each(["a pipe with a name", "standard input"])("%s is read", async (kind) => {
    const folder = mkdtempSync(join(tmpdir(), "midge-"));
    try {
      const pipe = join(folder, "config");
      Bun.spawnSync(["mkfifo", pipe]);
      const isInput = kind === "standard input";
      const path = isInput ? "/dev/stdin" : pipe;
      const script = isInput ? 'echo "port: 7777" | "$@"' : `echo "port: 7777" > ${pipe} & "$@"`;
      const child = Bun.spawn(["sh", "-c", script, "sh", ...command(["-t", "-c", path])], {
        stdout: "pipe",
        stderr: "pipe",
      });
      expect(await child.stderr.text()).toStartWith(`midge: configuration file ${path} is valid`);
      expect(await child.exited).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
