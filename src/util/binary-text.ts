/**
 * Subjects, queue names and ids as people read them: the broker keeps them as text with one
 * character per byte.
 */

/** The bytes read as UTF-8. */
export function fromBinaryText(text: string): string {
  return Buffer.from(text, "latin1").toString();
}
