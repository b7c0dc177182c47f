/**
 * The sample configurations up to their syntax: whether each can be read, the digest, and the text
 * and place of errors, compared with what nats-server said to the same files.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import { type ConfigNode, ConfigSyntaxError, type MapNode } from "../../src/config/config-node.ts";
import { configDigest } from "../../src/config/digest.ts";
import { parseConfig } from "../../src/config/parser.ts";
import recorded from "./recorded.json";

const SAMPLES = join(import.meta.dir, "samples");

function parse(file: string): MapNode {
  return parseConfig(file, {
    read(path) {
      try {
        return readFileSync(join(SAMPLES, path), "utf8");
      } catch {
        throw new Error(`open ${path}: no such file or directory`);
      }
    },
    environment: () => undefined,
  });
}

/** What is wrong with the syntax of a file, as nats-server would put it, with our place. */
function problemOf(file: string): { readonly reason: string; readonly line: number | undefined } {
  try {
    parse(file);
  } catch (error) {
    if (!(error instanceof ConfigSyntaxError)) throw error;
    return { reason: error.message, line: error.position?.line };
  }
  return { reason: "nothing", line: undefined };
}

function* nodesIn(node: ConfigNode): Generator<ConfigNode> {
  yield node;
  const inner =
    node.kind === "array"
      ? node.items
      : node.kind === "map"
        ? Array.from(node.entries.values(), (entry) => entry.node)
        : [];
  for (const child of inner) yield* nodesIn(child);
}

function hasUsedEntries(root: MapNode): boolean {
  return [...nodesIn(root)].some(
    (node) => node.kind === "map" && [...node.entries.values()].some((entry) => entry.isUsed),
  );
}

/** nats-server's message for an error of syntax, without the wrapping that names files. */
function syntaxReason(message: string): { reason: string; line?: number } | undefined {
  const lexical = /^(?:error parsing include file '[^']*', )?Parse error on line (\d+): '(.*)'$/;
  const [, line, reason] = lexical.exec(message) ?? [];
  if (line !== undefined && reason !== undefined) return { reason, line: Number(line) };
  const dangling = /^(config is invalid) \(.*:(\d+):\d+\)$/.exec(message);
  if (dangling) return { reason: dangling[1]!, line: Number(dangling[2]) };
  const others = /^(?:error parsing include file|variable reference for|integer '\d+' is out)/;
  return others.test(message) ? { reason: message } : undefined;
}

describe("as nats-server says,", () => {
  for (const [file, { exitCode, stderr }] of Object.entries(recorded)) {
    const message = (stderr[0] ?? "").replace("nats-server: ", "");
    const digest = /is valid \((sha256:\w+)\)$/.exec(message)?.[1];
    const syntax = syntaxReason(message);
    const place = /^(\S+):(\d+):(\d+): /.exec(message);

    if (digest !== undefined) {
      test(`${file} is valid`, () => {
        const root = parse(file);
        expect(exitCode).toBe(0);
        if (!hasUsedEntries(root)) expect(configDigest(root)).toBe(digest);
      });
    } else if (syntax !== undefined) {
      test(`${file} cannot be read: ${JSON.stringify(syntax.reason)}`, () => {
        expect(problemOf(file)).toMatchObject(syntax);
      });
    } else if (place !== null) {
      test(`${file} has a value at ${place[0]}which it finds fault with`, () => {
        const places = [...nodesIn(parse(file))].map(
          ({ position }) => `${position.file}:${position.line}:${position.column}`,
        );
        expect(places).toContain(`${place[1]}:${place[2]}:${place[3]}`);
      });
    } else {
      test(`${file} can be read`, () => void parse(file));
    }
  }
});

test("every sample has been recorded", () => {
  const files = [...new Bun.Glob("*.conf").scanSync(SAMPLES)].sort();
  expect(Object.keys(recorded).sort()).toEqual(files);
});
