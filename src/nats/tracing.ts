/**
 * What clients do with messages that are traced. Loaded with the first client (`late-parts.ts`) and
 * reached through the context, since a server at rest has no use for it.
 */
import { deliverTraced } from "./traced-delivery.ts";
import { publishTraced, traceTooLarge } from "./traced-publish.ts";

export interface Tracing {
  readonly publish: typeof publishTraced;
  readonly tooLarge: typeof traceTooLarge;
  readonly deliver: typeof deliverTraced;
}

export const tracing: Tracing = {
  publish: publishTraced,
  tooLarge: traceTooLarge,
  deliver: deliverTraced,
};
