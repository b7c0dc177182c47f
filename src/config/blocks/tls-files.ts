/**
 * The files that a `tls` block names: which they are, and which of them cannot be read. Called by
 * the loader by way of the kinds of the blocks. What is in the files is checked where TLS contexts
 * are made of them.
 */
import type { ConfigNode, MapEntry, Position } from "../config-node.ts";
import type { ProblemList } from "../problems.ts";
import { fileProblem } from "./named-files.ts";
import type { CertificateFiles, TlsSettings } from "./tls-settings.ts";

/** The certificates of a block in either form, in the order of the file. */
export function certificatesOf(settings: TlsSettings): readonly CertificateFiles[] {
  const { certFile, keyFile, certificates } = settings;
  return certFile && keyFile ? [{ certFile, keyFile }] : certificates;
}

/** All files that a block names. */
export function tlsFiles(settings: TlsSettings): readonly string[] {
  const pairs = certificatesOf(settings).flatMap(({ certFile, keyFile }) => [certFile, keyFile]);
  return settings.caFile === undefined ? pairs : [...pairs, settings.caFile];
}

/** Reports each file that cannot be read at `position`, which is the key of the block. */
export function checkTlsFiles(
  settings: TlsSettings,
  position: Position,
  problems: ProblemList,
  read: (path: string) => string,
): void {
  for (const problem of tlsFileProblems(settings, read)) problems.error(position, problem);
}

/**
 * Which files cannot be read, in nats-server's words. `read` returns the content of a file or
 * throws as `FileView.read` does.
 */
export function tlsFileProblems(
  settings: TlsSettings,
  read: (path: string) => string,
): readonly string[] {
  const problems: string[] = [];
  const check = (path: string, prefix: string) => {
    try {
      read(path);
    } catch (error) {
      problems.push(`${prefix}${fileProblem(path, error)}`);
    }
  };
  const pairs = certificatesOf(settings);
  for (const [index, { certFile, keyFile }] of pairs.entries()) {
    const number = settings.certFile === undefined ? ` ${index + 1}/${pairs.length}` : "";
    const prefix = `error parsing X509 certificate/key pair${number}: `;
    check(certFile, prefix);
    check(keyFile, prefix);
  }
  if (settings.caFile !== undefined) check(settings.caFile, "");
  return problems;
}

/** Where the `tls` block of a listener's block stands. */
export function tlsPosition(node: ConfigNode): Position {
  const entries: MapEntry[] = node.kind === "map" ? [...node.entries.values()] : [];
  const isTls = ({ key }: MapEntry) => key.toLowerCase() === "tls";
  return entries.findLast(isTls)?.position ?? node.position;
}
