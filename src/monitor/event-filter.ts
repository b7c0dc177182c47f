/**
 * Which servers a request to all of them is for: each of them decides for itself. The options stand
 * beside those of the request.
 */
import type { OptionSource } from "./endpoint-options.ts";

interface EventFilter {
  readonly serverName: string;
  readonly cluster: string;
  readonly host: string;
  /** Whether those three have to be the same; otherwise it is enough that they contain it. */
  readonly exactMatch: boolean;
  /** Which the server has to have, all of them, in any case. */
  readonly tags: readonly string[];
  readonly domain: string;
}

/** The server, as filters look at it. It has no cluster and no JetStream domain. */
export interface FilteredServer {
  readonly name: string;
  readonly host: string;
  readonly tags: readonly string[];
}

export function eventFilter(source: OptionSource): EventFilter {
  return {
    serverName: source.text("", "server_name"),
    cluster: source.text("", "cluster"),
    host: source.text("", "host"),
    exactMatch: source.flag("", "exact_match"),
    tags: source.texts("tags"),
    domain: source.text("", "domain"),
  };
}

export function isMeant(filter: EventFilter, { name, host, tags }: FilteredServer): boolean {
  const { exactMatch, cluster, domain } = filter;
  const fits = (value: string, wanted: string) =>
    wanted === "" || (exactMatch ? value === wanted : value.includes(wanted));
  if (!fits(name, filter.serverName) || !fits(host, filter.host)) return false;
  if (cluster !== "" || domain !== "") return false;
  const own = tags.map((tag) => tag.toLowerCase());
  return filter.tags.every((tag) => own.includes(tag.toLowerCase()));
}
