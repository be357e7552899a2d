/**
 * The markdown of messages, as a tree of what may be shown: paragraphs, headings, lists, quotes, code, emphasis and links.
 * There is no node for HTML and none for images: whatever of those is in a text stays words (an image: a link to it), so
 * that nothing a writer types can run, load or dress up. Whoever draws the tree makes text nodes of its texts.
 *
 * Length, nesting and nodes are bounded, and every construct is found by one look ahead: a text of any shape is read in
 * time that grows with its length.
 */

/** A piece of a line. */
export type MarkInline =
  | { readonly kind: 'text' | 'code'; readonly text: string }
  | { readonly kind: 'break' }
  | { readonly kind: 'strong' | 'em' | 'del'; readonly of: readonly MarkInline[] }
  | { readonly kind: 'link'; readonly url: string; readonly of: readonly MarkInline[] };

/** A piece of a text. */
export type MarkBlock =
  | { readonly kind: 'paragraph' | 'heading'; readonly of: readonly MarkInline[] }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'rule' }
  | { readonly kind: 'quote'; readonly of: readonly MarkBlock[] }
  | { readonly kind: 'list'; readonly start: number | null; readonly items: readonly (readonly MarkBlock[])[] };

/** Characters that are read, levels of nesting, and pieces of one text; what is beyond is left out or stays words. */
export const markLimits = { length: 20_000, depth: 6, nodes: 2_000 } as const;

/** Reads a text. Never throws; what is no markdown is words. */
export function readMarkdown(text: string): readonly MarkBlock[] {
  const left: Budget = { nodes: markLimits.nodes };
  return blocksOf(text.slice(0, markLimits.length).replaceAll(/\r\n?/gu, '\n').split('\n'), 0, left);
}

/** The words of a text without its marks, in one line. */
export function markdownWords(text: string): string {
  return blockWords(readMarkdown(text)).replaceAll(/\s+/gu, ' ').trim();
}

/** May a link go there? Pages over http and https, mail, and paths of the app itself. */
export function isSafeUrl(url: string): boolean {
  if (url.length > 2_000 || /[\p{Cc}\s\\<>"]/u.test(url)) return false;
  return /^(?:https?:\/\/[^/]|mailto:[^:/]|\/(?![/\\])|#)/iu.test(url) || url === '/';
}

interface Budget {
  nodes: number;
}

const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/u;
const HEADING = /^ {0,3}#{1,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$/u;
const FENCE = /^ {0,3}(`{3,}|~{3,})/u;
const QUOTE = /^ {0,3}> ?/u;
const ITEM = /^( {0,3})(?:[-*+]|(\d{1,9})[.)])[ \t]+(?=\S)/u;

function blocksOf(lines: readonly string[], depth: number, left: Budget): readonly MarkBlock[] {
  const blocks: MarkBlock[] = [];
  const words: string[] = [];
  const flush = (): void => {
    const text = words.splice(0).join('\n').trim();
    if (text !== '') add({ kind: 'paragraph', of: inlinesOf(text, 0, left) });
  };
  const add = (block: MarkBlock): void => {
    left.nodes -= 1;
    if (left.nodes >= 0) blocks.push(block);
  };
  for (let i = 0; i < lines.length && left.nodes > 0; i += 1) {
    const line = lines[i] ?? '';
    const fence = FENCE.exec(line)?.[1];
    const isDeep = depth >= markLimits.depth;
    if (line.trim() === '') flush();
    else if (fence !== undefined) {
      flush();
      let end = i + 1;
      while (end < lines.length && !(lines[end] ?? '').trimStart().startsWith(fence)) end += 1;
      add({ kind: 'code', text: lines.slice(i + 1, end).join('\n') });
      i = end;
    } else if (RULE.test(line)) {
      flush();
      add({ kind: 'rule' });
    } else if (HEADING.test(line)) {
      flush();
      add({ kind: 'heading', of: inlinesOf(HEADING.exec(line)?.[1] ?? '', 0, left) });
    } else if (QUOTE.test(line) && !isDeep) {
      flush();
      let end = i;
      while (end < lines.length && QUOTE.test(lines[end] ?? '')) end += 1;
      add({
        kind: 'quote',
        of: blocksOf(
          lines.slice(i, end).map((each) => each.replace(QUOTE, '')),
          depth + 1,
          left,
        ),
      });
      i = end - 1;
    } else if (ITEM.test(line) && !isDeep) {
      flush();
      const [list, end] = listAt(lines, i, depth, left);
      add(list);
      i = end - 1;
    } else words.push(line);
  }
  flush();
  return blocks;
}

function listAt(lines: readonly string[], from: number, depth: number, left: Budget): readonly [MarkBlock, number] {
  const number = ITEM.exec(lines[from] ?? '')?.[2];
  const items: (readonly MarkBlock[])[] = [];
  let i = from;
  while (i < lines.length && left.nodes > 0) {
    const mark = ITEM.exec(lines[i] ?? '');
    if (mark === null || (mark[2] === undefined) !== (number === undefined) || RULE.test(lines[i] ?? '')) break;
    const inner = [(lines[i] ?? '').slice(mark[0].length)];
    i += 1;
    // What is indented belongs to the item; a blank line does when something indented follows.
    while (i < lines.length) {
      const line = lines[i] ?? '';
      const isIndented = /^(?: {2,}|\t)\S/u.test(line);
      if (!isIndented && !(line.trim() === '' && /^(?: {2,}|\t)\S/u.test(lines[i + 1] ?? ''))) break;
      inner.push(line.replace(/^(?: {2,4}|\t)/u, ''));
      i += 1;
    }
    left.nodes -= 1;
    items.push(blocksOf(inner, depth + 1, left));
    if ((lines[i] ?? '').trim() === '' && ITEM.test(lines[i + 1] ?? '')) i += 1;
  }
  return [{ kind: 'list', start: number === undefined ? null : Number(number), items }, i];
}

const LINK = /!?\[((?:[^[\]\\\n]|\\.){1,500})\]\([ \t]*<?([^\s()<>]{1,2000})>?(?:[ \t]+"[^"\n]{0,200}")?[ \t]*\)/uy;
const BARE = /https?:\/\/[^\s<>()[\]"'`*]{1,1000}/uy;
const ANGLE = /<((?:https?:\/\/|mailto:)[^\s<>]{1,1000})>/uy;
const CODE = /(`{1,3})(?!`)([^`\n]{1,1000}|[^\n]{1,1000}?[^`\n])\1(?!`)/uy;
const PLAIN = /[^\\`*_~[!<h\n]+/uy;
const MARKS = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'del'],
  ['*', 'em'],
  ['_', 'em'],
] as const;

function inlinesOf(text: string, depth: number, left: Budget): readonly MarkInline[] {
  const found: MarkInline[] = [];
  let words = '';
  const say = (): void => {
    if (words !== '') found.push({ kind: 'text', text: words });
    words = '';
  };
  const add = (inline: MarkInline): void => {
    say();
    left.nodes -= 1;
    found.push(inline);
  };
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  while (at < text.length) {
    if (left.nodes <= 0 || depth > markLimits.depth) {
      words += text.slice(at);
      break;
    }
    const plain = match(PLAIN);
    if (plain !== null) {
      words += plain[0];
      at += plain[0].length;
      continue;
    }
    const char = text.charAt(at);
    if (char === '\\' && /[\\`*_~[\]()!<>#.+-]/u.test(text.charAt(at + 1))) {
      words += text.charAt(at + 1);
      at += 2;
    } else if (char === '\n') {
      const isHard = words.endsWith('  ') || words.endsWith('\\');
      words = words.replace(/(?: +|\\)$/u, '');
      if (isHard) add({ kind: 'break' });
      else words += ' ';
      at += 1;
    } else {
      const [inline, length] = inlineAt(text, at, depth, left, match) ?? [null, 1];
      if (inline === null) words += char;
      else add(inline);
      at += length;
    }
  }
  say();
  return found;
}

function inlineAt(
  text: string,
  at: number,
  depth: number,
  left: Budget,
  match: (pattern: RegExp) => RegExpExecArray | null,
): readonly [MarkInline, number] | null {
  const char = text.charAt(at);
  if (char === '`') {
    const code = match(CODE);
    return code === null ? null : [{ kind: 'code', text: (code[2] ?? '').trim() }, code[0].length];
  }
  if (char === '[' || char === '!') {
    const link = match(LINK);
    if (link === null || !isSafeUrl(link[2] ?? '')) return null;
    return [{ kind: 'link', url: link[2] ?? '', of: inlinesOf(link[1] ?? '', depth + 2, left) }, link[0].length];
  }
  if (char === 'h' || char === '<') {
    const angle = char === '<' ? match(ANGLE) : null;
    const url = angle?.[1] ?? (char === 'h' ? match(BARE)?.[0].replace(/[.,;:!?]+$/u, '') : undefined);
    if (url === undefined || !isSafeUrl(url)) return null;
    return [{ kind: 'link', url, of: [{ kind: 'text', text: url }] }, angle?.[0].length ?? url.length];
  }
  const mark = MARKS.find(([sign]) => text.startsWith(sign, at));
  if (mark === undefined) return null;
  const [sign, kind] = mark;
  const from = at + sign.length;
  // A mark in the middle of a word is part of it: snake_case stays.
  if (/\s/u.test(text.charAt(from)) || (char === '_' && /[\p{L}\p{N}]/u.test(text.charAt(at - 1)))) return null;
  const end = text.indexOf(sign, from + 1);
  if (end < 0 || /\s/u.test(text.charAt(end - 1))) return null;
  if (char === '_' && /[\p{L}\p{N}]/u.test(text.charAt(end + sign.length))) return null;
  return [{ kind, of: inlinesOf(text.slice(from, end), depth + 1, left) }, end + sign.length - at];
}

function blockWords(blocks: readonly MarkBlock[]): string {
  return blocks
    .map((block) => {
      switch (block.kind) {
        case 'code':
          return block.text;
        case 'rule':
          return '';
        case 'quote':
          return blockWords(block.of);
        case 'list':
          return block.items.map(blockWords).join(', ');
        default:
          return inlineWords(block.of);
      }
    })
    .join(' ');
}

function inlineWords(of: readonly MarkInline[]): string {
  return of.map((each) => ('text' in each ? each.text : each.kind === 'break' ? ' ' : inlineWords(each.of))).join('');
}
