/**
 * What this build calls itself. The banner, `--version`, INFO and the monitoring pages read it
 * here. The commit is a constant that `build.ts` compiles in; when run from sources it is unknown.
 */
import { version } from "../../package.json";

declare const MIDGE_BUILD_COMMIT: string | undefined;

/** Midge's own version, from package.json. */
export const MIDGE_VERSION: string = version;

/** The NATS feature level midge answers with in INFO; client libraries test for features by it. */
export const NATS_VERSION = "2.14.0";

/** First seven characters of the commit the executable was built from; "" when unknown. */
export const GIT_COMMIT: string = typeof MIDGE_BUILD_COMMIT === "string" ? MIDGE_BUILD_COMMIT : "";
