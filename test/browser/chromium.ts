/**
 * The browser of the browser tests: a Chromium of this machine without a window. MIDGE_CHROMIUM
 * names it, else it is looked for in the usual places.
 */
import { existsSync } from "node:fs";
import { type Browser, launch } from "puppeteer-core";

const USUAL_PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

function executable(): string {
  const named = process.env["MIDGE_CHROMIUM"];
  const candidates = named === undefined ? USUAL_PATHS : [named];
  const found = candidates.find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(`no Chromium at ${candidates.join(", ")}; MIDGE_CHROMIUM may name one`);
}

/** Without a sandbox, since containers often allow none: it opens nothing but our own page. */
export function startChromium(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
  return launch({ executablePath: executable(), args });
}
