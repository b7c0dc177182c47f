/**
 * The page of the dashboard as one text: its HTML with the styles and the script of the folder
 * `dashboard/` in place. A macro: Bun runs it where `root-page.ts` imports it, which is while the
 * executable is built, or when that file is loaded from the sources.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dir, "dashboard");

/** The page, where `%NAME%` and the like are still to be filled in, and what its policy names. */
export interface DashboardSource {
  readonly html: string;
  /** As a Content-Security-Policy names them. */
  readonly styleHash: string;
  readonly scriptHash: string;
}

export function dashboardSource(): DashboardSource {
  const style = readFileSync(join(FOLDER, "page.css"), "utf8");
  const script = bundled("main.ts");
  const html = readFileSync(join(FOLDER, "page.html"), "utf8")
    // A function, since "$" in a text has a meaning here.
    .replace(/\s*%STYLE%\s*/, () => style)
    .replace(/\s*%SCRIPT%\s*/, () => script);
  return { html, styleHash: hashOf(style), scriptHash: hashOf(script) };
}

/** In a process of its own, as Bun wants it: the bundler waits for this macro. */
function bundled(entry: string): string {
  const flags = ["--target=browser", "--format=iife", "--minify"];
  const command = [process.execPath, "build", join(FOLDER, entry), ...flags];
  const { success, stdout, stderr } = Bun.spawnSync(command);
  if (!success) throw new Error(`the dashboard cannot be built: ${stderr.toString()}`);
  return stdout.toString();
}

function hashOf(text: string): string {
  return `'sha256-${new Bun.CryptoHasher("sha256").update(text).digest("base64")}'`;
}
