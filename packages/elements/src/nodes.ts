import { shapes, type Tone } from '@statewire/client/look';

type Attributes = Readonly<Record<string, number | string | null>>;

/** An HTML element; attributes that are null are left out. */
export function html(tag: string, attributes: Attributes, ...children: readonly (Node | string)[]): HTMLElement {
  const node = document.createElement(tag);
  set(node, attributes);
  node.append(...children);
  return node;
}

/** An SVG element. */
export function svg(tag: string, attributes: Attributes, ...children: readonly Node[]): SVGElement {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  set(node, attributes);
  node.append(...children);
  return node;
}

/** The shape of a tone. Decoration: the word beside it speaks. */
export function icon(tone: Tone, size = 14): SVGElement {
  const line = { fill: 'none', stroke: 'currentColor', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
  const paths = shapes[tone].map(({ d, width }) =>
    svg('path', width === undefined ? { d, fill: 'currentColor' } : { d, ...line, 'stroke-width': width }),
  );
  return svg('svg', { viewBox: '0 0 16 16', width: size, height: size, 'aria-hidden': 'true', part: 'icon' }, ...paths);
}

/** A small drawing: what closes, what informs. Decoration. */
export function glyph(name: keyof typeof GLYPHS): SVGElement {
  const line = { fill: 'none', stroke: 'currentColor', 'stroke-linecap': 'round', 'stroke-linejoin': 'round' };
  const path = svg('path', { d: GLYPHS[name], ...line, 'stroke-width': 1.5 });
  return svg('svg', { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true' }, path);
}

const GLYPHS = {
  close: 'm4 4 8 8M12 4l-8 8',
  info: 'M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2ZM8 7.4v3.4M8 5.1v.01',
} as const;

/** Puts one node in the place of what was drawn before; the stylesheet of old browsers stays. */
export function show(root: ShadowRoot, ...nodes: readonly Node[]): void {
  const style = root.querySelector('style');
  root.replaceChildren(...(style === null ? [] : [style]), ...nodes);
}

function set(node: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) node.setAttribute(name, String(value));
}
