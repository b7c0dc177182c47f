/**
 * The browser of the browser tests: a Chromium of this machine without a window. MIDGE_CHROMIUM
 * names it, else it is looked for under its usual names.
 */
import { type Browser, launch } from "puppeteer-core";

const USUAL_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

function executable(): string {
  const named = process.env["MIDGE_CHROMIUM"];
  const candidates = named === undefined ? USUAL_NAMES : [named];
  for (const candidate of candidates) {
    const path = Bun.which(candidate);
    if (path !== null) return path;
  }
  throw new Error(`no Chromium found (${candidates.join(", ")}); MIDGE_CHROMIUM may name one`);
}

/** Without a sandbox, since containers often allow none: it opens nothing but our own page. */
export function startChromium(): Promise<Browser> {
  const args = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];
  return launch({ executablePath: executable(), args });
}
