/**
 * The log in a file: appended to in the background, one write at a time, so that lines stay in
 * order and a slow disk holds nobody up. Rotates by size as nats-server does and removes old
 * backups. When the file cannot be written the lines wait, within a limit, until it can.
 *
 * Opening, renaming and removing happen at once: they are rare and touch no data.
 */
import type { Clock } from "../clock.ts";
import { systemClock } from "../clock.ts";
import { LocalZone, systemZone } from "../local-time.ts";
import { AppendFile } from "./append-file.ts";
import { backupStamp, purgeBackups } from "./backups.ts";
import { LineQueue } from "./line-queue.ts";
import { type LogSink, type OwnLine, type OwnStatement, lostText } from "./sink.ts";
import { errorCode, errorText } from "../system-error.ts";

/** What may wait for the disk. */
const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
const BATCH_BYTES = 256 * 1024;
/** Between attempts to write to a file that refuses, or to a full pipe in its place. */
const RETRY_MS = 1000;
const BUSY_RETRY_MS = 20;
/** How often, and with what pause, `flush` tries a full pipe. */
const FLUSH_ATTEMPTS = 50;
const FLUSH_PAUSE_MS = 5;

export interface FileSinkSettings {
  readonly path: string;
  /** Rotate when the file is larger; 0 means never. */
  readonly sizeLimitBytes: number;
  /** Keep this many files, the current one included; 0 means all. */
  readonly maxFiles: number;
}

export interface FileSinkSurroundings {
  /** Where the sink complains about the file. */
  readonly complaints: Pick<LogSink, "write">;
  readonly clock?: Clock;
  readonly zone?: LocalZone;
}

/** Bytes on their way into the file. */
interface Batch {
  readonly bytes: Buffer;
  written: number;
  /** The sink's own statements after a rotation, which do not make another one. */
  readonly isOwn: boolean;
}

export class FileSink implements LogSink {
  readonly #settings: FileSinkSettings;
  readonly #complaints: Pick<LogSink, "write">;
  readonly #clock: Clock;
  readonly #zone: LocalZone;
  readonly #queue: LineQueue;
  readonly #flushAtExit: () => void;
  #ownLine: OwnLine;
  /** Undefined once closed. */
  #file: AppendFile | undefined;
  /** The size to rotate at for now. */
  #limitBytes: number;
  #batch: Batch | undefined;
  /** The next write, when it waits for the end of the turn or for a retry. */
  #cancelNext: (() => void) | undefined;
  #isFailing: boolean;
  /** Of the last backup, in nanoseconds since 1970. */
  #backupTime: bigint;

  /** Throws an `Error` with a one-line reason if the file cannot be opened. */
  constructor(settings: FileSinkSettings, surroundings: FileSinkSurroundings) {
    this.#settings = settings;
    this.#complaints = surroundings.complaints;
    this.#clock = surroundings.clock ?? systemClock;
    this.#zone = surroundings.zone ?? new LocalZone(systemZone(process.env["TZ"]));
    this.#queue = new LineQueue(MAX_QUEUED_BYTES, (count) =>
      this.#ownLine("warn", lostText(count)),
    );
    this.#flushAtExit = () => this.flush();
    this.#ownLine = (_level, text) => `${text}\n`;
    this.#file = openFile(settings.path);
    this.#limitBytes = settings.sizeLimitBytes;
    this.#batch = undefined;
    this.#cancelNext = undefined;
    this.#isFailing = false;
    this.#backupTime = 0n;
    process.on("exit", this.#flushAtExit);
  }

  attach(ownLine: OwnLine): void {
    this.#ownLine = ownLine;
    this.#rotateIfLarge();
  }

  write(line: string): void {
    if (this.#file === undefined) return;
    this.#queue.push(line);
    if (!this.#file.isWriting && this.#cancelNext === undefined) this.#writeAfterEvents();
  }

  reopen(): void {
    if (this.#file === undefined) return;
    this.flush();
    const file = openFile(this.#settings.path);
    this.#file.close();
    this.#file = file;
    this.#limitBytes = this.#settings.sizeLimitBytes;
    this.#isFailing = false;
    this.#rotateIfLarge();
    this.#writeNext();
  }

  flush(): void {
    const settled = this.#file?.settle() ?? 0;
    if (settled > 0) this.#onWritten(settled);
    let patience = FLUSH_ATTEMPTS;
    while (this.#file !== undefined && this.#hasBatch()) {
      const { bytes, written } = this.#batch!;
      try {
        this.#onWritten(this.#file.writeAtOnce(bytes, written));
      } catch (error) {
        if (errorCode(error) !== "EAGAIN" || --patience < 0) return this.#onFailure(error);
        Bun.sleepSync(FLUSH_PAUSE_MS);
      }
    }
  }

  close(): void {
    this.flush();
    this.#cancelNext?.();
    this.#file?.close();
    this.#file = undefined;
    process.off("exit", this.#flushAtExit);
  }

  #writeAfterEvents(): void {
    let isCancelled = false;
    this.#cancelNext = () => (isCancelled = true);
    this.#clock.afterEvents(() => {
      if (!isCancelled) this.#writeNext();
    });
  }

  /** Begins to write the next batch, if there is one and no write is running. */
  #writeNext(): void {
    this.#cancelNext?.();
    this.#cancelNext = undefined;
    if (this.#file === undefined || this.#file.isWriting || !this.#hasBatch()) return;
    const { bytes, written } = this.#batch!;
    this.#file.write(bytes, written, (error, count) => {
      if (error !== null) return this.#onFailure(error);
      this.#onWritten(count);
      this.#writeNext();
    });
  }

  /** Whether there is a batch to write; takes one from the queue if need be. */
  #hasBatch(): boolean {
    if (this.#batch !== undefined) return true;
    if (this.#queue.isEmpty) return false;
    const roomBytes = this.#rotates() ? this.#limitBytes - this.#file!.sizeBytes + 1 : Infinity;
    const bytes = Buffer.from(this.#queue.take(Math.min(roomBytes, BATCH_BYTES)));
    this.#batch = { bytes, written: 0, isOwn: false };
    return true;
  }

  #onWritten(count: number): void {
    const batch = this.#batch!;
    batch.written += count;
    if (batch.written < batch.bytes.length) return;
    this.#isFailing = false;
    this.#batch = undefined;
    if (!batch.isOwn && this.#isLarge()) this.#rotate();
  }

  /** Leaves the lines where they are and tries again later. */
  #onFailure(error: unknown): void {
    const isBusy = errorCode(error) === "EAGAIN";
    if (!isBusy && !this.#isFailing) {
      this.#isFailing = true;
      const problem = `Unable to write log file ${JSON.stringify(this.#settings.path)}`;
      const text = `${problem} (${errorText(error)}), will keep trying`;
      this.#complaints.write(this.#ownLine("error", text), "error");
    }
    this.#cancelNext?.();
    const delayMs = isBusy ? BUSY_RETRY_MS : RETRY_MS;
    this.#cancelNext = this.#clock.after(delayMs, () => this.#writeNext());
  }

  #rotates(): boolean {
    return this.#limitBytes > 0 && this.#file!.isRegular;
  }

  #isLarge(): boolean {
    return this.#rotates() && this.#file!.sizeBytes > this.#limitBytes;
  }

  /** nats-server's way to have a file that is too large at start put aside. */
  #rotateIfLarge(): void {
    if (this.#isLarge()) this.write(this.#ownLine("info", "Rotating logfile..."));
  }

  /** Puts the file aside and goes on in a new one; one that has been moved away is let go. */
  #rotate(): void {
    const { path, sizeLimitBytes, maxFiles } = this.#settings;
    const { renameSync } = process.getBuiltinModule("node:fs");
    const backup = this.#backupPath();
    let isMoved = true;
    try {
      renameSync(path, backup);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") return this.#postpone("rename", error);
      isMoved = false;
    }
    let file: AppendFile;
    try {
      file = new AppendFile(path);
    } catch (error) {
      if (isMoved) tryTo(() => renameSync(backup, path));
      return this.#postpone("re-open", error);
    }
    this.#file!.close();
    this.#file = file;
    this.#limitBytes = sizeLimitBytes;
    const text = isMoved
      ? `Rotated log, backup saved as ${JSON.stringify(backup)}`
      : "Rotated log, without a backup as the file had been moved away";
    this.#writeOwn([{ level: "info", text }, ...purgeBackups(path, maxFiles)]);
  }

  #postpone(step: string, error: unknown): void {
    this.#limitBytes *= 2;
    const reason = `Unable to ${step} logfile for rotation (${errorText(error)})`;
    const text = `${reason}, will attempt next rotation at size ${this.#limitBytes}`;
    this.#writeOwn([{ level: "error", text }]);
  }

  /** Before everything in the queue. */
  #writeOwn(statements: readonly OwnStatement[]): void {
    const lines = statements.map(({ level, text }) => this.#ownLine(level, text));
    this.#batch = { bytes: Buffer.from(lines.join("")), written: 0, isOwn: true };
  }

  /** Of the time of day, and later than the last one's. */
  #backupPath(): string {
    const now = BigInt(this.#clock.wallMs()) * 1_000_000n;
    this.#backupTime = now > this.#backupTime ? now : this.#backupTime + 1n;
    const unixS = Number(this.#backupTime / 1_000_000_000n);
    const nanoseconds = Number(this.#backupTime % 1_000_000_000n);
    const stamp = backupStamp(unixS, this.#zone.offsetAt(unixS), nanoseconds);
    return `${this.#settings.path}.${stamp}`;
  }
}

function openFile(path: string): AppendFile {
  try {
    return new AppendFile(path);
  } catch (error) {
    throw new Error(`error opening file: open ${path}: ${errorText(error)}`);
  }
}

/** For what makes things better if it works and no worse if it does not. */
function tryTo(action: () => void): void {
  try {
    action();
  } catch {
    return;
  }
}
