/**
 * One open file that grows at its end: written by the runtime's threads, or at once when the
 * process has no time left. Used by the file sink, which keeps the order of what it writes.
 */

/** May be read and written by the owner, read by the group. */
const FILE_MODE = 0o640;
/** How often, and with what pause, `settle` looks whether a write has come to its end. */
const SETTLE_ATTEMPTS = 100;
const SETTLE_PAUSE_MS = 5;

type OnWriteEnd = (error: unknown, count: number) => void;

/** A write that a thread is busy with. */
interface RunningWrite {
  readonly startBytes: number;
  readonly endBytes: number;
}

export class AppendFile {
  /** Pipes and devices have no size. */
  readonly isRegular: boolean;
  readonly #files: typeof import("node:fs");
  readonly #fd: number;
  /** The write whose end somebody waits for. */
  #running: RunningWrite | undefined;
  /** Writes that threads are busy with; more than one only if one was forgotten. */
  #threads: number;
  #isClosed: boolean;

  /**
   * Creates the file if there is none. Throws the system's error if it cannot be opened. Does not
   * wait for a reader if `path` is a pipe, nor do writes.
   */
  constructor(path: string) {
    this.#files = process.getBuiltinModule("node:fs");
    const { O_APPEND, O_CREAT, O_NONBLOCK = 0, O_WRONLY } = this.#files.constants;
    const flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK;
    this.#fd = this.#files.openSync(path, flags, FILE_MODE);
    this.isRegular = this.#isRegular();
    this.#running = undefined;
    this.#threads = 0;
    this.#isClosed = false;
  }

  /** Asked of the system each time, since others may truncate the file; 0 if it has no size. */
  get sizeBytes(): number {
    if (!this.isRegular) return 0;
    try {
      return this.#files.fstatSync(this.#fd).size;
    } catch {
      return 0;
    }
  }

  get isWriting(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Writes `bytes` from `start` on in the background, one such write at a time. `onEnd` gets how
   * many were written, or the system's error. Pipes and devices make nobody wait, so they are
   * written, and `onEnd` called, at once.
   */
  write(bytes: Buffer, start: number, onEnd: OnWriteEnd): void {
    if (this.isRegular) this.#writeByThread(bytes, start, onEnd);
    else this.#writeNow(bytes, start, onEnd);
  }

  #writeNow(bytes: Buffer, start: number, onEnd: OnWriteEnd): void {
    let count: number;
    try {
      count = this.writeAtOnce(bytes, start);
    } catch (error) {
      return onEnd(error, 0);
    }
    onEnd(null, count);
  }

  #writeByThread(bytes: Buffer, start: number, onEnd: OnWriteEnd): void {
    const startBytes = this.sizeBytes;
    const endBytes = startBytes + bytes.length - start;
    const running: RunningWrite = { startBytes, endBytes };
    this.#running = running;
    this.#threads++;
    this.#files.write(this.#fd, bytes, start, bytes.length - start, null, (error, count) => {
      this.#threads--;
      if (this.#isClosed && this.#threads === 0) this.#release();
      if (this.#running !== running) return;
      this.#running = undefined;
      onEnd(error, count);
    });
  }

  /** Returns how many bytes were written. Throws the system's error. */
  writeAtOnce(bytes: Buffer, start: number): number {
    return this.#files.writeSync(this.#fd, bytes, start);
  }

  /**
   * Waits for the running write as long as the file grows towards its end, half a second at the
   * longest, and returns how many of its bytes are in the file. Its `onEnd` is not called.
   */
  settle(): number {
    const running = this.#running;
    if (running === undefined) return 0;
    const { startBytes, endBytes } = running;
    this.#running = undefined;
    let size = this.sizeBytes;
    for (let i = 0; size < endBytes && i < SETTLE_ATTEMPTS; i++) {
      Bun.sleepSync(SETTLE_PAUSE_MS);
      size = this.sizeBytes;
    }
    return Math.max(0, Math.min(size, endBytes) - startBytes);
  }

  /** Once no thread uses it any more. */
  close(): void {
    this.#isClosed = true;
    if (this.#threads === 0) this.#release();
  }

  /** A file system that has lost the file complains here as well, which helps nobody. */
  #release(): void {
    try {
      this.#files.closeSync(this.#fd);
    } catch {
      return;
    }
  }

  #isRegular(): boolean {
    try {
      return this.#files.fstatSync(this.#fd).isFile();
    } catch {
      return false;
    }
  }
}
