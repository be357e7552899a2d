import { expect, test } from 'vitest';
import { isSafeUrl, markdownWords, markLimits, readMarkdown, type MarkBlock, type MarkInline } from './markdown.ts';

const paragraph = (...of: readonly MarkInline[]): MarkBlock => ({ kind: 'paragraph', of });
const words = (text: string): MarkInline => ({ kind: 'text', text });

test.each<[string, readonly MarkBlock[]]>([
  ['', []],
  ['a\nb', [paragraph(words('a b'))]],
  ['a\n\nb', [paragraph(words('a')), paragraph(words('b'))]],
  ['a  \nb', [paragraph(words('a'), { kind: 'break' }, words('b'))]],
  [
    '**a** _b_ ~~c~~',
    [
      paragraph({ kind: 'strong', of: [words('a')] }, words(' '), { kind: 'em', of: [words('b')] }, words(' '), {
        kind: 'del',
        of: [words('c')],
      }),
    ],
  ],
  ['a snake_case_word and 2 * 3 * 4', [paragraph(words('a snake_case_word and 2 * 3 * 4'))]],
  ['\\*not\\*', [paragraph(words('*not*'))]],
  ['`a <b>`', [paragraph({ kind: 'code', text: 'a <b>' })]],
  ['# Head #', [{ kind: 'heading', of: [words('Head')] }]],
  ['---', [{ kind: 'rule' }]],
  ['```\n<b>\n```', [{ kind: 'code', text: '<b>' }]],
  ['> a\n> b', [{ kind: 'quote', of: [paragraph(words('a b'))] }]],
  [
    '- a\n- b\n  - c',
    [
      {
        kind: 'list',
        start: null,
        items: [
          [paragraph(words('a'))],
          [paragraph(words('b')), { kind: 'list', start: null, items: [[paragraph(words('c'))]] }],
        ],
      },
    ],
  ],
  ['3. a\n4. b', [{ kind: 'list', start: 3, items: [[paragraph(words('a'))], [paragraph(words('b'))]] }]],
  [
    '[to](https://a.example/x?y=1#z "t")',
    [paragraph({ kind: 'link', url: 'https://a.example/x?y=1#z', of: [words('to')] })],
  ],
  [
    'see https://a.example/x.',
    [
      paragraph(
        words('see '),
        { kind: 'link', url: 'https://a.example/x', of: [words('https://a.example/x')] },
        words('.'),
      ),
    ],
  ],
  ['<mailto:a@b.example>', [paragraph({ kind: 'link', url: 'mailto:a@b.example', of: [words('mailto:a@b.example')] })]],
  ['<b onclick=x>a</b>', [paragraph(words('<b onclick=x>a</b>'))]],
])('[UI30] %j is read', (text, tree) => {
  expect(readMarkdown(text)).toEqual(tree);
});

test('[UI30] an image is a link to it, and one elsewhere than over http is words', () => {
  expect(readMarkdown('![logo](https://a.example/l.png)')).toEqual([
    paragraph({ kind: 'link', url: 'https://a.example/l.png', of: [words('logo')] }),
  ]);
  expect(readMarkdown('![x](data:image/svg+xml,a)')).toEqual([paragraph(words('![x](data:image/svg+xml,a)'))]);
});

test.each([
  ['https://a.example', true],
  ['http://a.example/x', true],
  ['mailto:a@b.example', true],
  ['/help', true],
  ['/', true],
  ['#top', true],
  ['//evil.example', false],
  ['/\\evil.example', false],
  ['javascript:alert(1)', false],
  ['JaVaScRiPt:alert(1)', false],
  ['java\tscript:alert(1)', false],
  [' javascript:alert(1)', false],
  ['data:text/html,<script>alert(1)</script>', false],
  ['vbscript:x', false],
  ['blob:https://a.example/x', false],
  ['file:///etc/passwd', false],
  ['https:evil', false],
  ['help', false],
])('[UI30] a link to %j is allowed: %s', (url, isSafe) => {
  expect(isSafeUrl(url)).toBe(isSafe);
});

function deepest(blocks: readonly MarkBlock[]): number {
  return Math.max(
    0,
    ...blocks.map((block) =>
      block.kind === 'quote'
        ? 1 + deepest(block.of)
        : block.kind === 'list'
          ? 1 + Math.max(...block.items.map(deepest))
          : 0,
    ),
  );
}

test.each<[string, string]>([
  ['quotes', `${'>'.repeat(5_000)} a`],
  ['lists', Array.from({ length: 500 }, (_, i) => `${'  '.repeat(i)}- a`).join('\n')],
  ['stars', '*'.repeat(20_000)],
  ['open stars', '*a '.repeat(6_000)],
  ['nested stars', `${'*_'.repeat(5_000)}a${'_*'.repeat(5_000)}`],
  ['brackets', '['.repeat(20_000)],
  ['half links', '[a]('.repeat(5_000)],
  ['nested links', `${'['.repeat(3_000)}a${'](https://a.example)'.repeat(900)}`],
  ['back ticks', '`a'.repeat(10_000)],
  ['fences', '```\n'.repeat(5_000)],
  ['schemes', 'http://'.repeat(3_000)],
  ['angles', '<http://'.repeat(2_500)],
  ['escapes', '\\'.repeat(20_000)],
  ['lines', 'a  \n'.repeat(5_000)],
  ['rules', '- '.repeat(10_000)],
])('[UI30] a hostile text of %s is read, bounded', (_, text) => {
  const tree = readMarkdown(text);
  expect(deepest(tree)).toBeLessThanOrEqual(markLimits.depth);
  expect(JSON.stringify(tree).length).toBeLessThan(2_000_000);
  expect(readMarkdown(text)).toEqual(tree);
});

test('what is beyond the length is left out', () => {
  expect(markdownWords(`${'a'.repeat(markLimits.length)}b`)).not.toContain('b');
});

test('the words of a text are without its marks', () => {
  expect(markdownWords('# Hi\n\n- **a** [b](https://c.example)\n- `d`\n\n> e')).toBe('Hi a b, d e');
});
