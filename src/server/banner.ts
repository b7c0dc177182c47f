/**
 * What the log says first, in nats-server's layout: who the server is, and what its configuration
 * is about.
 */
import type { ConfigOrigin } from "../config/resolve.ts";
import type { Options } from "../config/options.ts";
import type { Logger } from "../util/logger.ts";
import { MIDGE_VERSION, NATS_VERSION } from "../util/version.ts";
import type { RunIdentity } from "./identity.ts";

/** Larger payloads than this are worth a warning, as in the reference. */
const DISCOURAGED_PAYLOAD_BYTES = 8 * 1024 * 1024;

export function logBanner(
  logger: Logger,
  { id, name, gitCommit, runtime }: RunIdentity,
  hasPlainPasswords: boolean,
): void {
  logger.info("Starting midge");
  logger.info(`  Version:  ${MIDGE_VERSION} (NATS ${NATS_VERSION})`);
  logger.info(`  Git:      [${gitCommit === "" ? "not set" : gitCommit}]`);
  logger.debug(`  Runtime:  ${runtime}`);
  logger.info(`  Name:     ${name}`);
  logger.info(`  ID:       ${id}`);
  if (hasPlainPasswords) {
    logger.for("auth").warn("Plaintext passwords detected, use nkeys or bcrypt");
  }
}

export function logConfiguration(
  logger: Logger,
  { maxPayloadBytes }: Options,
  origin: ConfigOrigin | undefined,
  notices: readonly string[],
): void {
  if (origin !== undefined) {
    logger.info(`Using configuration file: ${origin.path} (${origin.digest})`);
  }
  for (const notice of notices) logger.warn(notice);
  if (maxPayloadBytes > DISCOURAGED_PAYLOAD_BYTES) {
    logger.warn(
      "Maximum payloads over 8.00 MB are generally discouraged and could lead to poor performance",
    );
  }
}
