/**
 * Log lines that wait for their receiver, up to a number of bytes. Used by every sink. When it is
 * full, newer lines are dropped until half of it is free; a line saying how many were lost takes
 * their place.
 */

/** Taken lines leave their places empty until this many are. */
const COMPACT_AT = 1024;

export class LineQueue {
  readonly #maxBytes: number;
  readonly #lostLine: (count: number) => string;
  readonly #lines: string[];
  #head: number;
  #bytes: number;
  #lost: number;

  /** `lostLine` makes the line that stands for `count` dropped ones. */
  constructor(maxBytes: number, lostLine: (count: number) => string) {
    this.#maxBytes = maxBytes;
    this.#lostLine = lostLine;
    this.#lines = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#lost = 0;
  }

  /** Bytes of the lines in here, as UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#lines.length && this.#lost === 0;
  }

  /** A single line may be longer than the limit, since it is in memory anyway. */
  push(line: string): void {
    const bytes = Buffer.byteLength(line);
    const limit = this.#lost === 0 ? this.#maxBytes : this.#maxBytes / 2;
    if (this.#bytes > 0 && this.#bytes + bytes > limit) {
      this.#lost++;
      return;
    }
    this.#admitLoss();
    this.#append(line, bytes);
  }

  /** The oldest line, which stays in here. */
  peek(): string | undefined {
    if (this.#head === this.#lines.length) this.#admitLoss();
    return this.#lines[this.#head];
  }

  /** Removes and returns the oldest line. */
  shift(): string | undefined {
    const line = this.peek();
    if (line === undefined) return undefined;
    this.#bytes -= Buffer.byteLength(line);
    this.#lines[this.#head++] = "";
    if (this.#head === this.#lines.length) {
      this.#lines.length = 0;
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT) {
      this.#lines.splice(0, this.#head);
      this.#head = 0;
    }
    return line;
  }

  /** Removes the oldest lines until they are `minBytes` or all, and returns them joined. */
  take(minBytes: number): string {
    let text = "";
    let bytes = 0;
    do {
      const line = this.shift();
      if (line === undefined) break;
      text += line;
      bytes += Buffer.byteLength(line);
    } while (bytes < minBytes);
    return text;
  }

  #admitLoss(): void {
    if (this.#lost === 0) return;
    const line = this.#lostLine(this.#lost);
    this.#lost = 0;
    this.#append(line, Buffer.byteLength(line));
  }

  #append(line: string, bytes: number): void {
    this.#lines.push(line);
    this.#bytes += bytes;
  }
}
