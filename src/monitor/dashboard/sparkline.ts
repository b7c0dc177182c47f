/**
 * A small graph of the last two minutes, the newest value at the right. It has no axes: the card
 * around it says what it is about, the value now and the highest one.
 */
import { svgElement } from "./element.ts";

/** Two minutes at a poll each two seconds. */
const LENGTH = 60;
const WIDTH = LENGTH - 1;
const HEIGHT = 30;
/** So that the line is not cut off at the edges. */
const MARGIN = 1;

export class Sparkline {
  readonly element: SVGSVGElement;
  readonly #line: SVGPathElement;
  readonly #area: SVGPathElement;
  #values: number[];

  constructor() {
    this.#values = [];
    this.#line = svgElement("path", { class: "line", "vector-effect": "non-scaling-stroke" });
    this.#area = svgElement("path", { class: "area" });
    const viewBox = `0 0 ${WIDTH} ${HEIGHT}`;
    const attributes = { viewBox, preserveAspectRatio: "none", "aria-hidden": "true" };
    this.element = svgElement("svg", { class: "sparkline", ...attributes }, this.#area, this.#line);
  }

  /** The highest value that is shown. */
  get peak(): number {
    return Math.max(0, ...this.#values);
  }

  add(value: number): void {
    this.#values = [...this.#values, value].slice(-LENGTH);
    const top = this.peak || 1;
    const first = LENGTH - this.#values.length;
    const points = this.#values.map((one, index) => {
      const y = HEIGHT - MARGIN - (one / top) * (HEIGHT - 2 * MARGIN);
      return `${first + index} ${y.toFixed(2)}`;
    });
    const line = `M${points.join("L")}`;
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", `${line}L${WIDTH} ${HEIGHT}L${first} ${HEIGHT}Z`);
  }
}
