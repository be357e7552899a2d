/**
 * The examples of the documentation as programs. A page is one program: its `ts` and `tsx` blocks one inside the other, so that
 * a block may use what an earlier one made and may make it anew. What a page takes for granted stands in a comment that
 * readers do not see: `<!-- given: declare const id: string; -->`.
 */
export interface Program {
  readonly page: string;
  readonly text: string;
  /** The line of the page for each line of the program, or 0. */
  readonly lines: readonly number[];
}

/** The program of a page, or null when it has no examples in TypeScript. */
export function programOf(page: string, markdown: string): Program | null {
  const blocks = blocksOf(markdown).filter(({ language }) => language === 'ts' || language === 'tsx');
  if (blocks.length === 0) return null;
  const imports = new Map<string, number>();
  const body: Line[] = [];
  for (const [, text = ''] of markdown.matchAll(/<!--\s*given:([\s\S]*?)-->/gu))
    body.push(...text.split('\n').map((line) => ({ text: line, at: 0 })));
  for (const block of blocks) {
    body.push({ text: '{', at: 0 });
    for (const line of hoist(block, imports)) body.push(line);
  }
  body.push({ text: '}'.repeat(blocks.length), at: 0 });
  const all = [...merged(imports), ...body, { text: 'export {};', at: 0 }];
  return { page, text: all.map(({ text }) => text).join('\n'), lines: all.map(({ at }) => at) };
}

/** A fenced block. */
export interface Block {
  readonly language: string;
  /** What stands after the language: `run`, a file's name. */
  readonly note: string;
  readonly text: string;
  /** Line of its first line, from 1. */
  readonly at: number;
}

/** All fenced blocks of a page, in order. */
export function blocksOf(markdown: string): readonly Block[] {
  return [...markdown.matchAll(/^ *```(\w+)[ \t]*([^\n]*)\n([\s\S]*?)^ *```/gmu)].map(
    ({ 1: language = '', 2: note = '', 3: text = '', index }) => ({
      language,
      note: note.trim(),
      text,
      at: markdown.slice(0, index).split('\n').length + 1,
    }),
  );
}

interface Line {
  readonly text: string;
  readonly at: number;
}

/** The lines of a block without its imports, which go to the top, and without `export`, which has no place inside. */
function hoist(block: Block, imports: Map<string, number>): readonly Line[] {
  const text = block.text.replaceAll(
    /^ *import\s[\s\S]*?from\s+'[^']+';|^ *import\s+'[^']+';/gmu,
    (statement, offset) => {
      const at = block.at + block.text.slice(0, Number(offset)).split('\n').length - 1;
      if (!imports.has(statement.trim())) imports.set(statement.trim(), at);
      return statement.replaceAll(/[^\n]/gu, '');
    },
  );
  return text.split('\n').map((line, i) => ({
    text: line.replace(/^ *export default (?=\W)/u, 'void ').replace(/^ *export (?:default )?(?=\w)/u, ''),
    at: block.at + i,
  }));
}

/** Each name is imported once, however many blocks of the page import it. */
function merged(imports: ReadonlyMap<string, number>): readonly Line[] {
  const seen = new Set<string>();
  return [...imports].flatMap(([statement, at]) => {
    const braces = /^import (type )?\{([\s\S]*?)\} from ('[^']+');$/u.exec(statement);
    if (braces === null) return [{ text: statement.replaceAll('\n', ' '), at }];
    const [, type = '', names = '', from = ''] = braces;
    const fresh = names
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !seen.has(name.replace(/^type /u, '')));
    for (const name of fresh) seen.add(name.replace(/^type /u, ''));
    return fresh.length === 0 ? [] : [{ text: `import ${type}{ ${fresh.join(', ')} } from ${from};`, at }];
  });
}
