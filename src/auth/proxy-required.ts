/**
 * `proxy_required` of the authorization block: the single user and the token are only for those who
 * come through a trusted proxy. No proxy is trusted, so it ends the chain.
 */
import type { Method, MethodSetup } from "./method.ts";
import { refusals } from "./refusals.ts";

export function makeProxyRequired({ options }: MethodSetup): Method | undefined {
  return options.proxyRequired ? () => refusals.proxyRequired : undefined;
}
