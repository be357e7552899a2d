/** Texts of messages that would do harm if they were taken for more than words, and what may be in a page that shows them. */
import { expect } from 'vitest';

/** Each would set `owned` or ask 192.0.2.1 for something, if it were taken for more than words. */
export const hostileMarkdown: readonly string[] = [
  '<script>window.owned=1</script>',
  '<img src=x onerror="window.owned=1">',
  '<img src="http://192.0.2.1/a.png">',
  '<svg onload=window.owned=1>',
  '<svg><script>window.owned=1</script></svg>',
  '<iframe srcdoc="<script>parent.owned=1</script>"></iframe>',
  '<style>@import "http://192.0.2.1/a.css";</style>',
  '<link rel=stylesheet href="http://192.0.2.1/a.css">',
  '<body onload=window.owned=1>',
  '<details open ontoggle=window.owned=1>',
  '<video><source onerror=window.owned=1></video>',
  '<form action="http://192.0.2.1/"><input autofocus onfocus=window.owned=1></form>',
  '<meta http-equiv=refresh content="0;url=http://192.0.2.1/">',
  '<base href="http://192.0.2.1/">',
  '<a href="javascript:window.owned=1">x</a>',
  '[x](javascript:window.owned=1)',
  '[x](JaVaScRiPt:window.owned=1)',
  '[x](java&#115;cript:window.owned=1)',
  '[x](&#x6A;avascript:window.owned=1)',
  '[x](java\tscript:window.owned=1)',
  '[x](\u0001javascript:window.owned=1)',
  '[x](data:text/html,<script>window.owned=1</script>)',
  '[x](vbscript:window.owned=1)',
  '[x](//192.0.2.1/)',
  '[x](/\\192.0.2.1/)',
  '[x](https://a.example/" onmouseover="window.owned=1)',
  "[x](https://a.example/'onmouseover='window.owned=1)",
  '[x](https://a.example "t\\" onclick=window.owned=1")',
  '![x](http://192.0.2.1/a.png)',
  '![x" onerror="window.owned=1](http://192.0.2.1/a.png)',
  '![x](javascript:window.owned=1)',
  '<javascript:window.owned=1>',
  '<https://a.example/"onclick="window.owned=1>',
  '`<img src=x onerror=window.owned=1>`',
  '```html\n<script>window.owned=1</script>\n```',
  '```"><script>window.owned=1</script>\n```',
  '> <script>window.owned=1</script>',
  '- <img src=x onerror=window.owned=1>',
  '# <img src=x onerror=window.owned=1>',
  '**<img src=x onerror=window.owned=1>**',
  '[<img src=x onerror=window.owned=1>](https://a.example)',
  '</div></p><script>window.owned=1</script>',
  '<!--><script>window.owned=1</script>-->',
  '<math><mtext><table><mglyph><style><img src=x onerror=window.owned=1>',
  '<noscript><p title="</noscript><img src=x onerror=window.owned=1>">',
  '{{constructor.constructor("window.owned=1")()}}',
];

/** What was found in the page: no tag, attribute or address but those of the safe subset. */
export function wordsAlone({
  tags,
  attributes,
  hrefs,
}: {
  readonly tags: readonly string[];
  readonly attributes: readonly string[];
  readonly hrefs: readonly string[];
}): void {
  const known = ['div', 'p', 'hr', 'a', 'code', 'pre', 'strong', 'em', 'del', 'ul', 'ol', 'li', 'blockquote', 'br'];
  expect(tags.filter((tag) => !known.includes(tag))).toEqual([]);
  expect(attributes.filter((name) => !['class', 'href', 'target', 'rel', 'start'].includes(name))).toEqual([]);
  expect(hrefs.filter((url) => !/^(?:https?:\/\/|mailto:|\/[^/\\]|#)/u.test(url))).toEqual([]);
}
