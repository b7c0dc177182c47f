/**
 * Headers of the PROXY protocol as a proxy writes them, one character a byte. Used by the tests of
 * the reader and of the client port.
 */
export const SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";

/** 192.0.2.7:5000 to 10.0.0.1:4222. */
export const IPV4_BODY = text(192, 0, 2, 7, 10, 0, 0, 1, 0x13, 0x88, 0x10, 0x7e);
/** [2001:db8::1]:5000 to [::1]:4222. */
export const IPV6_BODY = text(
  ...[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
  ...[0x13, 0x88, 0x10, 0x7e],
);

/** Of version 2; `length` is what it claims for the body. */
export function version2(
  versionAndCommand: number,
  familyAndProtocol: number,
  body: string,
  length = body.length,
): string {
  return SIGNATURE + text(versionAndCommand, familyAndProtocol, length >> 8, length & 0xff) + body;
}

function text(...bytes: number[]): string {
  return String.fromCharCode(...bytes);
}
