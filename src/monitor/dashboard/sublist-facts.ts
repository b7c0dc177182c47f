/**
 * Figures about subscriptions and the search for them, as the tab of subscriptions shows them over
 * all accounts and the panel of an account for it alone.
 */
import type { SublistFigures } from "./answers.ts";
import { shown } from "./element.ts";
import type { Facts } from "./fact-list.ts";
import { count, percent } from "./format.ts";

export function sublistFacts(figures: SublistFigures): Facts {
  return [
    ["Subscriptions", count(figures.num_subscriptions)],
    ["Added", count(figures.num_inserts)],
    ["Removed", count(figures.num_removes)],
    ["Lookups", count(figures.num_matches)],
    ["Cached", count(figures.num_cache)],
    ["Cache hits", percent(figures.cache_hit_rate * 100)],
    ["Largest fan-out", count(figures.max_fanout)],
    ["Usual fan-out", shown(figures.avg_fanout.toFixed(2))],
  ];
}
