import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { filesUnder, root, type SourceFile } from './tree.ts';

const pages = filesUnder([''], (path) => path.endsWith('.md') && !path.startsWith('.changeset/'));

test('the pages were found', () => {
  expect(pages.length).toBeGreaterThanOrEqual(6);
  expect(pages.flatMap(linksOf).length).toBeGreaterThanOrEqual(5);
});

test('every relative link leads to a file, and every anchor to a heading', () => {
  const broken = pages.flatMap((page) =>
    linksOf(page).flatMap((link) => {
      const flaw = flawOf(page, link);
      return flaw === null ? [] : [`${page.path}: (${link}) ${flaw}`];
    }),
  );
  expect(broken).toEqual([]);
});

test('every page of the documentation is linked from its front page', () => {
  const front = pages.find(({ path }) => path === 'docs/README.md');
  const linked = new Set(
    front === undefined ? [] : linksOf(front).map((link) => join('docs', link.split('#')[0] ?? '')),
  );
  const lost = pages
    .map(({ path }) => path)
    // The API reference is generated; its first page is linked, and leads to the others.
    .filter((path) => path.startsWith('docs/') && !path.startsWith('docs/reference/api/') && path !== 'docs/README.md')
    .filter((path) => !linked.has(path));
  expect(lost).toEqual([]);
});

function flawOf(page: SourceFile, link: string): string | null {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(root, page.path) : normalize(join(root, dirname(page.path), decodeURI(path)));
  if (!target.startsWith(normalize(root))) return 'leads out of the repository';
  if (!existsSync(target)) return 'leads nowhere';
  if (anchor === undefined || !target.endsWith('.md') || statSync(target).isDirectory()) return null;
  return anchorsOf(readFileSync(target, 'utf8')).has(anchor) ? null : 'has no such heading';
}

/** Targets of links that are not addresses on the network. */
function linksOf({ text }: SourceFile): readonly string[] {
  return [...withoutCode(text).matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z][a-z0-9+.-]*:/i.test(target));
}

function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...withoutCode(text, false).matchAll(/^#{1,6}\s+(.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/g, '-'),
    ),
  );
}

function withoutCode(text: string, inline = true): string {
  const blocks = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  return inline ? blocks.replaceAll(/`[^`\n]*`/g, '') : blocks;
}
