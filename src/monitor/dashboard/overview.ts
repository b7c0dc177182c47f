/**
 * The top of the page: rates with their graphs, and the figures one looks at first. Reads `/varz`,
 * and hands it on to whoever else shows some of it.
 */
import { type Varz, ask } from "./answers.ts";
import { type Shown, byId, element, show, shown } from "./element.ts";
import { byteRate, bytes, count, messageRate, percent, timeOfDay } from "./format.ts";
import type { Source } from "./poll-loop.ts";
import { RateMeter, type Rates } from "./rates.ts";
import { Sparkline } from "./sparkline.ts";

interface RateCard {
  readonly title: string;
  rate(rates: Rates): number;
  format(rate: number): Shown;
  total(varz: Varz): Shown;
}

const RATE_CARDS: readonly RateCard[] = [
  {
    title: "Messages in",
    rate: (rates) => rates.inMessages,
    format: messageRate,
    total: (varz) => count(varz.in_msgs),
  },
  {
    title: "Messages out",
    rate: (rates) => rates.outMessages,
    format: messageRate,
    total: (varz) => count(varz.out_msgs),
  },
  {
    title: "Bytes in",
    rate: (rates) => rates.inBytes,
    format: byteRate,
    total: (varz) => bytes(varz.in_bytes),
  },
  {
    title: "Bytes out",
    rate: (rates) => rates.outBytes,
    format: byteRate,
    total: (varz) => bytes(varz.out_bytes),
  },
];

interface Tile {
  readonly title: string;
  value(varz: Varz): Shown;
  note(varz: Varz): Shown;
  /** Whether it is something to look into. */
  isWarning?(varz: Varz): boolean;
}

const TILES: readonly Tile[] = [
  {
    title: "Connections",
    value: (varz) => count(varz.connections),
    note: (varz) => noted(count(varz.total_connections), (text) => `${text} so far`),
  },
  {
    title: "Subscriptions",
    value: (varz) => count(varz.subscriptions),
    note: () => shown("in all accounts"),
  },
  {
    title: "Slow consumers",
    value: (varz) => count(varz.slow_consumers),
    note: ({ stale_connections: stale, stalled_clients: stalled }) => {
      return shown(
        `${count(stale).text} stale, ${count(stalled).text} stalled`,
        `${stale} connections closed for missing PONGs, producers held back ${stalled} times`,
      );
    },
    isWarning: (varz) => varz.slow_consumers > 0,
  },
  {
    title: "CPU",
    value: (varz) => percent(varz.cpu),
    note: (varz) => shown(`${varz.cores} cores`),
  },
  {
    title: "Memory",
    value: (varz) => bytes(varz.mem),
    note: () => shown("resident"),
  },
  {
    title: "Uptime",
    value: (varz) => shown(varz.uptime),
    note: (varz) => noted(timeOfDay(varz.start), (text) => `since ${text}`),
  },
];

function noted({ text, title }: Shown, words: (text: string) => string): Shown {
  return shown(words(text), title === undefined ? undefined : words(title));
}

export class Overview implements Source {
  readonly #meter: RateMeter;
  readonly #onRates: readonly ((varz: Varz, rates: Rates | undefined) => void)[];
  readonly #onTiles: readonly ((varz: Varz) => void)[];
  readonly #onVarz: (varz: Varz) => void;

  constructor(onVarz: (varz: Varz) => void) {
    this.#meter = new RateMeter();
    this.#onVarz = onVarz;
    const cards = byId("rates");
    this.#onRates = RATE_CARDS.map((card) => addRateCard(cards, card));
    const tiles = byId("figures");
    this.#onTiles = TILES.map((tile) => addTile(tiles, tile));
  }

  async refresh(): Promise<void> {
    const varz = await ask<Varz>("varz");
    const rates = this.#meter.take(varz);
    for (const onRates of this.#onRates) onRates(varz, rates);
    for (const onTile of this.#onTiles) onTile(varz);
    this.#onVarz(varz);
  }
}

function addRateCard(parent: HTMLElement, card: RateCard) {
  const value = element("span", { class: "value" }, "–");
  const note = element("p", { class: "note" }, "\u00a0");
  const graph = new Sparkline();
  const title = element("h2", {}, card.title);
  const line = element("p", { class: "amount" }, value, element("span", { class: "unit" }, " /s"));
  parent.append(element("div", { class: "card" }, title, line, note, graph.element));
  return (varz: Varz, rates: Rates | undefined): void => {
    if (rates !== undefined) {
      const rate = card.rate(rates);
      graph.add(rate);
      show(value, card.format(rate));
    }
    const total = card.total(varz);
    const exact = `${total.title ?? total.text} so far`;
    show(note, shown(`peak ${card.format(graph.peak).text}, total ${total.text}`, exact));
  };
}

function addTile(parent: HTMLElement, tile: Tile) {
  const value = element("p", { class: "value" }, "–");
  const note = element("p", { class: "note" }, "\u00a0");
  const box = element("div", { class: "tile" }, element("h2", {}, tile.title), value, note);
  parent.append(box);
  return (varz: Varz): void => {
    show(value, tile.value(varz));
    show(note, tile.note(varz));
    box.classList.toggle("warning", tile.isWarning?.(varz) ?? false);
  };
}
