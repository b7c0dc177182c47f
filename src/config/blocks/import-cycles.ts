/**
 * Whether messages would go round in circles: an import is refused if what it brings is, by way of
 * other imports, what an account on the way there exports. The search is nats-server's, including
 * that an account which was visited once counts as being on the way.
 */
import { subjectIsSubset, subjectsCollide } from "../../subject/subject.ts";

/** An account as far as the search looks at it. */
export interface CycleNode {
  readonly name: string;
  readonly streamExports: ReadonlyMap<string, unknown>;
  readonly streamImports: readonly CycleEdge[];
  readonly serviceImports: readonly CycleEdge[];
}

export interface CycleEdge {
  readonly account: CycleNode;
  /** The subject in that account. */
  readonly remote: string;
  /** The subject in the importing account. */
  readonly local: string;
}

const MAX_SEARCH_DEPTH = 1024;
const CYCLE = "import forms a cycle";
const TOO_DEEP = "search cycle depth exhausted";

/** Why `importer` may not import the stream `subject` of `exporter`. */
export function streamCycleProblem(
  importer: CycleNode,
  exporter: CycleNode,
  subject: string,
): string | undefined {
  return search(exporter, subject, new Set([importer.name]), {
    edges: (node, current) => (exportsStream(node, current) ? node.streamImports : []),
    meetingPoint: (edge) => edge.local,
  });
}

/** Why `importer` may not send requests on `subject` to services of `exporter`. */
export function serviceCycleProblem(
  importer: CycleNode,
  exporter: CycleNode,
  subject: string,
): string | undefined {
  return search(exporter, subject, new Set([importer.name]), {
    edges: (node) => node.serviceImports,
    meetingPoint: (edge) => edge.remote,
  });
}

interface Direction {
  edges(node: CycleNode, subject: string): readonly CycleEdge[];
  /** Which of an import's subjects is compared with the one that is followed. */
  meetingPoint(edge: CycleEdge): string;
}

function search(
  node: CycleNode,
  subject: string,
  visited: Set<string>,
  direction: Direction,
): string | undefined {
  if (visited.size >= MAX_SEARCH_DEPTH) return TOO_DEEP;
  for (const edge of direction.edges(node, subject)) {
    if (!subjectsCollide(subject, direction.meetingPoint(edge))) continue;
    if (visited.has(edge.account.name)) return CYCLE;
    visited.add(node.name);
    const next = subjectIsSubset(edge.local, subject) ? edge.local : subject;
    const problem = search(edge.account, next, visited, direction);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function exportsStream(node: CycleNode, subject: string): boolean {
  for (const exported of node.streamExports.keys()) {
    if (subjectIsSubset(subject, exported)) return true;
  }
  return false;
}
