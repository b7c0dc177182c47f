/**
 * Looks for certificate files that have changed (`tls.watch`): by their versions once in a while,
 * which unlike the system's notices also sees links that are turned to other files, and network
 * disks. A change counts when the files have been left alone since, as key and certificate are
 * rarely written at once.
 */
import { tlsFiles } from "../config/blocks/tls-files.ts";
import type { TlsSettings } from "../config/blocks/tls-settings.ts";
import type { Clock } from "../util/clock.ts";

/** By path: what changes when the file does; "" for none. */
export type FileStamps = ReadonlyMap<string, string>;

const INTERVAL_MS = 500;

export class CertificateWatch {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  /** Of the files in use. */
  #known: FileStamps | undefined;
  /** As they were when looked at last. */
  #seen: FileStamps | undefined;
  #cancel: () => void;

  /** `onChange` may call `expect`; if it does not, it is called at the next change. */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.#known = undefined;
    this.#seen = undefined;
    this.#cancel = () => {};
  }

  stampsOf(settings: TlsSettings): FileStamps {
    return stampsAt(tlsFiles(settings));
  }

  /** What is in use from now on; undefined ends the watch. */
  expect(stamps: FileStamps | undefined): void {
    this.stop();
    this.#known = stamps;
    this.#seen = stamps;
    if (stamps !== undefined) this.#wait();
  }

  stop(): void {
    this.#cancel();
  }

  #wait(): void {
    this.#cancel = this.#clock.after(INTERVAL_MS, () => this.#look());
  }

  #look(): void {
    const known = this.#known ?? new Map<string, string>();
    const now = stampsAt([...known.keys()]);
    const isSettled = Bun.deepEquals(now, this.#seen);
    this.#seen = now;
    this.#wait();
    if (!isSettled || Bun.deepEquals(now, known)) return;
    // Also if these turn out to be useless.
    this.#known = now;
    this.#onChange();
  }
}

function stampsAt(paths: readonly string[]): FileStamps {
  const { statSync } = process.getBuiltinModule("node:fs");
  return new Map(
    paths.map((path) => {
      try {
        const { mtimeMs, size, ino } = statSync(path);
        return [path, `${ino} ${size} ${mtimeMs}`];
      } catch {
        return [path, ""];
      }
    }),
  );
}
