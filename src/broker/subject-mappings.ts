/**
 * The subject mappings of an account: what clients publish to one subject goes to another, or to
 * one of several by weight. The first mapping that fits decides, and what it leads to is not mapped
 * again. Rules of the NATS documentation on subject mapping.
 */
import type { MappingDestination, MappingSettings } from "../config/blocks/mappings.ts";
import { hashSubject, subjectBytes, subjectMatches } from "../subject/subject.ts";
import { SubjectTransform } from "../subject/transform.ts";
import { ByteBlock, COPY_SLACK_BYTES, binaryText, binaryTextOf } from "../util/bytes.ts";
import type { Random } from "../util/random.ts";
import type { Message } from "./message.ts";

const ALL_PERCENT = 100;

/** A destination and the share of messages that go there or to those before it, in percent. */
interface Choice {
  readonly below: number;
  /** Undefined: the message is dropped. */
  readonly transform: SubjectTransform | undefined;
}

interface Mapping {
  readonly source: string;
  readonly choices: readonly Choice[];
}

export class SubjectMappings {
  readonly #mappings: readonly Mapping[];

  constructor(settings: readonly MappingSettings[]) {
    this.#mappings = settings.map((mapping) => {
      const source = binaryTextOf(mapping.source);
      const destinations = mapping.destinations.map((one) => {
        return { ...one, subject: binaryTextOf(one.subject) };
      });
      return { source, choices: choicesOf(source, destinations) };
    });
  }

  /** What becomes of messages to the subject `bytes[start, end)`; undefined if it stays. */
  planFor(bytes: Uint8Array, start: number, end: number): PlannedMapping | undefined {
    const subject = binaryText(bytes, start, end);
    const mapping = this.#mappings.find(({ source }) => {
      return source === subject || subjectMatches(subject, source);
    });
    return mapping === undefined ? undefined : new PlannedMapping(subject, mapping.choices);
  }
}

/** A mapping as it applies to one subject. */
export class PlannedMapping {
  readonly #subject: string;
  readonly #choices: readonly Choice[];
  /** By choice; undefined where each message has to be looked at. */
  readonly #targets: readonly (Target | undefined)[];

  constructor(subject: string, choices: readonly Choice[]) {
    this.#subject = subject;
    this.#choices = choices;
    this.#targets = choices.map(({ transform }) => {
      if (transform?.isRandom === true) return undefined;
      return targetOf(transform?.apply(subject) ?? "");
    });
  }

  /** Gives the message its new subject; the empty one, which reaches nobody, if it is dropped. */
  redirect(message: Message, random: Random): void {
    const choices = this.#choices;
    let index = 0;
    if (choices.length > 1) {
      const drawn = random.below(ALL_PERCENT);
      while (index < choices.length - 1 && drawn >= choices[index]!.below) index++;
    }
    const transform = choices[index]!.transform;
    const target = this.#targets[index] ?? targetOf(transform?.apply(this.#subject, random) ?? "");
    message.subjectBlock = target.block;
    message.subjectStart = 0;
    message.subjectEnd = target.length;
    message.subjectHash = target.hash;
  }
}

/** A subject in the form that messages have it. */
interface Target {
  readonly block: ByteBlock;
  readonly length: number;
  readonly hash: number;
}

function targetOf(subject: string): Target {
  const bytes = subjectBytes(subject);
  const block = new ByteBlock(new Uint8Array(bytes.length + COPY_SLACK_BYTES));
  block.bytes.set(bytes);
  return { block, length: bytes.length, hash: hashSubject(bytes, 0, bytes.length) };
}

/**
 * Lighter destinations first, as in the reference. What the weights leave stays where it is, or is
 * dropped if the source is among the destinations.
 */
function choicesOf(source: string, destinations: readonly MappingDestination[]): Choice[] {
  const here = destinations.filter(({ cluster }) => cluster === undefined);
  const sorted = here.toSorted((left, right) => left.weightPercent - right.weightPercent);
  const choices: Choice[] = [];
  let below = 0;
  for (const { subject, weightPercent } of sorted) {
    if (weightPercent === 0) continue;
    below += weightPercent;
    choices.push({ below, transform: SubjectTransform.of(source, subject) });
  }
  if (below === ALL_PERCENT) return choices;
  const isListed = here.some(({ subject }) => subject === source);
  const transform = isListed ? undefined : SubjectTransform.identity(source);
  return [...choices, { below: ALL_PERCENT, transform }];
}
