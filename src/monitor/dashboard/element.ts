/**
 * Elements of the page. Whatever comes from the server becomes text through here and nothing
 * else: names of clients are chosen by whoever connects.
 */

/** A text on the page, and the exact value behind it for those who point at it. */
export interface Shown {
  readonly text: string;
  readonly title?: string;
}

export function shown(text: string, title?: string): Shown {
  return title === undefined || title === text ? { text } : { text, title };
}

type Attributes = Readonly<Record<string, string>>;

/** A new element with attributes and children; texts become text nodes. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Node[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export function button(text: string, onClick: () => void, attributes: Attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", onClick);
  return made;
}

/** The element of the page with that id, which is there. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element ${id}`);
  return found;
}

/** Touches the document only where something changes, so that selected text stays selected. */
export function show(target: HTMLElement, { text, title = "" }: Shown): void {
  if (target.textContent !== text) target.textContent = text;
  if (target.title !== title) target.title = title;
}

export function showText(target: HTMLElement, text: string): void {
  show(target, { text });
}
