/** Text that is markup already. Made by `html` only, so that whatever else is put into a page is escaped. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | number | readonly Markup[] | string | null;

/** A piece of a page. Every value is escaped, also inside quoted attributes; null is nothing. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let pieces = dense.get(strings);
  if (pieces === undefined) {
    pieces = strings.map((piece) => piece.replaceAll(/\n\s+/g, '\n'));
    dense.set(strings, pieces);
  }
  let text = pieces[0] ?? '';
  for (const [i, part] of parts.entries()) text += textOf(part) + (pieces[i + 1] ?? '');
  return new Markup(text);
}

/** The pieces of each template without their indentation, which readers do not need to be sent. */
const dense = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Text as it may stand in HTML and XML, inside elements and quoted attributes. What XML cannot say is left out. */
export function escaped(text: string): string {
  return text.replaceAll(UNSAYABLE, '').replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
}

function textOf(part: Part): string {
  if (part === null) return '';
  if (typeof part === 'number') return String(part);
  if (typeof part === 'string') return escaped(part);
  if (part instanceof Markup) return part.text;
  return part.map(({ text }) => text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls, halves of surrogate pairs and the two that are no characters. */
const UNSAYABLE =
  // oxlint-disable-next-line eslint/no-control-regex -- they are what is looked for.
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
