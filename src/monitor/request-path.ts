/**
 * The path of a request to monitoring, read as Go's HTTP server reads it: escapes stand for their
 * characters, and who writes slashes twice is sent to the path with one of each.
 */

/** With a broken escape, as it is; there is no such endpoint. */
export function decodedPath({ pathname }: URL): string {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return pathname;
  }
}

export function hasEmptyParts(path: string): boolean {
  return path.includes("//");
}

export function redirectToClean(path: string, query: string): Response {
  const location = encodeURI(path.replace(/\/+/g, "/")) + query;
  const page = `<a href="${Bun.escapeHTML(location)}">Temporary Redirect</a>.\n\n`;
  const headers = { "Content-Type": "text/html; charset=utf-8", Location: location };
  return new Response(page, { status: 307, headers });
}
