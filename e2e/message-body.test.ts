/** Words of messages in a real browser: whatever a writer types, nothing runs, nothing is asked for, nothing is dressed up. */
import { MessageBody } from '@statewire/react';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './harness/browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

/** Each would set `owned` or ask 192.0.2.1 for something, if it were taken for more than words. */
const PAYLOADS: readonly string[] = [
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

test('[UI30] no script of a message runs, no request leaves, no handler and no strange address is in the page', async () => {
  const page = await browser.newPage();
  const asked: string[] = [];
  await page.route('**/*', async (route) => {
    asked.push(route.request().url());
    await route.abort();
  });
  const bodies = PAYLOADS.map((text) => renderToStaticMarkup(createElement(MessageBody, { text })));
  // The corpus can do harm: one payload as it is, in the same page, does.
  await page.setContent('<img src=x onerror="window.owned=1"><img src="http://192.0.2.1/a.png">');
  await page.waitForFunction(() => Reflect.get(window, 'owned') === 1);
  expect(asked.length).toBeGreaterThan(0);
  await page.setContent('<p>clean</p>');
  await page.evaluate(() => Reflect.deleteProperty(window, 'owned'));
  asked.length = 0;
  await page.setContent(`<main>${bodies.join('<hr class="between">')}</main>`);
  for (const link of await page.locator('main a').all()) await link.hover();
  const found = await page.evaluate(() => {
    const all = [...document.querySelectorAll('main *')];
    return {
      owned: Reflect.get(window, 'owned') ?? null,
      tags: [...new Set(all.map((each) => each.tagName.toLowerCase()))],
      attributes: [...new Set(all.flatMap((each) => each.getAttributeNames()))],
      hrefs: all.flatMap((each) => each.getAttribute('href') ?? []),
      separators: document.querySelectorAll('main > hr.between').length,
    };
  });
  expect(found.owned).toBeNull();
  expect(asked).toEqual([]);
  const tags = ['div', 'p', 'hr', 'a', 'code', 'pre', 'strong', 'em', 'del', 'ul', 'ol', 'li', 'blockquote', 'br'];
  expect(found.tags.filter((tag) => !tags.includes(tag))).toEqual([]);
  expect(found.attributes.filter((name) => !['class', 'href', 'target', 'rel', 'start'].includes(name))).toEqual([]);
  expect(found.hrefs.filter((url) => !/^(?:https?:\/\/|mailto:|\/[^/\\]|#)/u.test(url))).toEqual([]);
  // No message closed what is around it.
  expect(found.separators).toBe(PAYLOADS.length - 1);
  await page.close();
});
