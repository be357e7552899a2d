/** The web components, in a page without React: attributes in, live records in, words and shapes out. */
import { readFileSync } from 'node:fs';
import { createClient, type CoreClient } from '@statewire/client/core';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { tokens } from '@statewire/client/look';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { embed } from './embed.ts';
import { configure } from './index.ts';
import { lookCss } from './look.ts';

let env: FakeEnv;
let server: FakeServer;
let client: CoreClient;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  client = createClient({ url: 'http://fake.test', env, dial: server.dial });
  configure({ client });
});

afterEach(() => {
  document.body.replaceChildren();
  client.close();
  expect(env.pending).toEqual({ timers: 0, listeners: 0 });
  expect(env.errors).toEqual([]);
});

function stand(markup: string): ShadowRoot {
  document.body.innerHTML = markup;
  const root = document.body.firstElementChild?.shadowRoot ?? null;
  if (root === null) throw new Error('the element is not known');
  return root;
}

/** What is read of it, the stylesheet aside. */
function wordsOf(root: ShadowRoot): string {
  return [...root.children]
    .filter(({ tagName }) => tagName !== 'STYLE')
    .map(({ textContent }) => textContent)
    .join(' ');
}

const status = { reason: { code: '', text: '' } };

describe('by attributes alone', () => {
  test('[UI23] what attributes say is shown without a connection, and a change of one is shown at once', async () => {
    const badge = stand('<sw-badge status="down" reason="refused" variant="soft"></sw-badge>');
    expect(wordsOf(badge)).toBe('Down');
    expect(badge.querySelector('[part="badge"]')?.getAttribute('title')).toBe('refused');
    expect(badge.querySelectorAll('svg path').length).toBeGreaterThan(0);
    document.body.firstElementChild?.setAttribute('status', 'needs_auth');
    expect(wordsOf(badge)).toBe('Needs auth');
    const uptime = stand('<sw-uptime bar="uuugd" cells="10" label="Search"></sw-uptime>');
    expect(uptime.querySelector('[role="img"]')?.getAttribute('aria-label')).toBe(
      'Search: last 5 checks: 3 up, 1 degraded, 1 down',
    );
    const progress = stand('<sw-progress label="Scan" done="499" total="500" unit="files"></sw-progress>');
    const bar = progress.querySelector('[role="progressbar"]');
    expect([bar?.getAttribute('aria-valuenow'), bar?.getAttribute('aria-valuetext')]).toEqual([
      '99',
      '99 %, 499 of 500 files',
    ]);
    await env.advance(10_000);
    expect(server.dials).toBe(0);
  });

  test('[UI23] numbers that are none, and too many cells, do no harm', () => {
    expect(stand('<sw-progress done="x" total="y"></sw-progress>').querySelector('[aria-valuenow]')).toBeNull();
    const uptime = stand(`<sw-uptime bar="u" cells="999999999"></sw-uptime>`);
    expect(uptime.querySelector('svg')?.getAttribute('viewBox')).toBe('0 0 1998 20');
  });
});

describe('live', () => {
  test('[UI24] an element watches its record, changes with it, and stops when it is taken away', async () => {
    server.put('services', { ...status, id: 'search', name: 'Search', status: 'up', recent: { bar: 'uud', ms: [] } });
    server.put('jobs', {
      ...status,
      id: 'scan',
      title: 'Scan',
      state: 'running',
      progress: { done: 3, total: 4, unit: 'files', pct: null, message: '', stage: '' },
    });
    const badge = stand(
      '<sw-badge record="search"></sw-badge><sw-uptime record="search"></sw-uptime><sw-progress record="scan"></sw-progress>',
    );
    expect(wordsOf(badge)).toBe('Unknown');
    await env.advance(0);
    expect(wordsOf(badge)).toBe('Up');
    const [, uptime, progress] = [...document.body.children].map(({ shadowRoot }) => shadowRoot);
    expect(uptime?.querySelector('[role="img"]')?.getAttribute('aria-label')).toBe(
      'Search: last 3 checks: 2 up, 1 down',
    );
    expect(progress?.querySelector('[role="progressbar"]')?.getAttribute('aria-valuenow')).toBe('75');
    server.put('services', { id: 'search', status: 'down' });
    await env.advance(200);
    expect(wordsOf(badge)).toBe('Down');
    expect([server.dials, server.subscriptions]).toEqual([1, 2]);
    document.body.replaceChildren();
    await env.advance(6_000);
    expect(server.subscriptions).toBe(0);
  });

  test('[UI24] the connection says how it is, keeps its button, and tries again at a press', async () => {
    const pill = stand('<sw-connection></sw-connection>');
    await env.advance(0);
    const button = pill.querySelector('button');
    expect(button?.textContent).toBe('Live');
    env.chance = 0.99;
    server.isUp = false;
    server.cut();
    await env.advance(4_000);
    expect(button?.textContent).toMatch(/^Reconnecting \d+ sdata as of \d\d:\d\d:\d\d$/);
    expect(pill.querySelector('output')?.textContent).toBe('Connection: Reconnecting');
    server.isUp = true;
    button?.click();
    await env.advance(0);
    expect(button?.textContent).toBe('Live');
    expect(pill.querySelector('button')).toBe(button);
  });

  test('[UI24] a feed tells the newest first, of what the condition picks, and ages tick', async () => {
    const at = env.now();
    for (const [id, state, lastAt] of [
      ['a', 'firing', at - 5_000],
      ['b', 'resolved', at - 1_000],
      ['c', 'firing', at - 2_000],
    ] as const)
      server.put('alerts', { id, title: `Alert ${id}`, state, lastAt });
    const feed = stand(`<sw-feed collection="alerts" where='{"state":"firing"}' limit="5"></sw-feed>`);
    await env.advance(0);
    const items = (): readonly string[] => [...feed.querySelectorAll('li')].map(({ textContent }) => textContent);
    expect(items()).toEqual(['Alert c Firing2 s ago', 'Alert a Firing5 s ago']);
    await env.advance(3_000);
    expect(items()[0]).toBe('Alert c Firing5 s ago');
    server.put('alerts', { id: 'd', title: '<img src=x onerror=alert(1)>', state: 'firing', lastAt: at + 3_000 });
    await env.advance(200);
    expect(items()[0]).toContain('<img src=x');
    expect(feed.querySelector('img')).toBeNull();
  });

  test('[UI24] what is wrong is said where the element stands', async () => {
    const feed = stand('<sw-feed collection="alerts" where="state=firing"></sw-feed>');
    expect(feed.querySelector('[role="alert"]')?.textContent).toBe(
      'where: found state=firing, expected JSON such as {"state":"firing"}',
    );
    document.body.firstElementChild?.setAttribute('where', '{"state":"firing"}');
    await env.advance(0);
    expect(wordsOf(feed)).toBe('Nothing yet');
  });

  test('[UI24] elements that stand move to another server when it is configured', async () => {
    server.put('services', { ...status, id: 'search', status: 'up' });
    const badge = stand('<sw-badge record="search"></sw-badge>');
    await env.advance(0);
    const other = new FakeServer({ now: () => env.now() });
    other.put('services', { ...status, id: 'search', status: 'down' });
    const second = createClient({ url: 'http://other.test', env, dial: other.dial });
    configure({ client: second });
    await env.advance(0);
    expect(wordsOf(badge)).toBe('Down');
    document.body.replaceChildren();
    second.close();
  });
});

describe('a panel', () => {
  const shop = (id: string, word: string): void => {
    server.put('services', { ...status, id, name: `The ${id}`, status: word, recent: { bar: 'uud', ms: [] } });
  };

  test('[UI26] a list says in one sentence how all are, what is wrong first, and changes in place', async () => {
    for (const id of ['shop', 'till', 'mail']) shop(id, 'up');
    const panel = stand('<sw-panel panel="list"></sw-panel>');
    await env.advance(0);
    const rows = (): readonly string[] => [...panel.querySelectorAll('li')].map(({ textContent }) => textContent);
    expect([panel.querySelector('.head')?.textContent, rows()]).toEqual([
      'All 3 are well',
      ['The mailUp', 'The shopUp', 'The tillUp'],
    ]);
    shop('mail', 'unknown');
    await env.advance(200);
    expect(panel.querySelector('.head')?.textContent).toBe('1 of 3 is not known yet');
    shop('till', 'down');
    await env.advance(200);
    expect([panel.querySelector('.head')?.textContent, rows()[0]]).toEqual(['1 of 3 needs attention', 'The tillDown']);
    const drawn = panel.querySelector('.panel');
    await env.advance(5_000);
    expect(panel.querySelector('.panel')).toBe(drawn);
    server.put('services', { id: 'shop', name: '<img src=x onerror=alert(1)>' });
    await env.advance(200);
    expect(panel.querySelector('img')).toBeNull();
    // The view is the embed's: nothing is asked of it.
    const subs = server.received.flatMap((frame) =>
      frame.t === 'hello' ? (frame.subs ?? []) : frame.t === 'sub' ? [frame] : [],
    );
    expect(subs.length).toBeGreaterThan(0);
    for (const { f, fields, sort, limit, agg } of subs) expect([f, fields, sort, limit, agg]).toEqual(Array(5));
  });

  test('[UI26] a badge of many says the worst, a bar and a pill stand alone, and what is wrong is said', async () => {
    shop('shop', 'up');
    shop('till', 'degraded');
    const badge = stand(
      '<sw-panel panel="badge"></sw-panel><sw-panel panel="uptime"></sw-panel><sw-panel panel="connection"></sw-panel><sw-panel panel="pie"></sw-panel><sw-panel collection="jobs"></sw-panel>',
    );
    await env.advance(0);
    const [, uptime, pill, pie, jobs] = [...document.body.children].map(({ shadowRoot }) => shadowRoot);
    expect(wordsOf(badge)).toBe('1 of 2 needs attention');
    expect(badge.querySelector('[data-status]')?.getAttribute('data-status')).toBe('degraded');
    expect(uptime?.querySelector('[role="img"]')?.getAttribute('aria-label')).toContain('The till');
    expect(pill?.querySelector('button')?.textContent).toBe('Live');
    expect(pie?.textContent).toContain('found pie, expected badge, list');
    expect(jobs?.textContent).toContain('Nothing to show');
  });

  test('[UI26] a tag puts its panel behind itself, or where it says, with what stands on it and nothing else', () => {
    document.body.innerHTML = '<p></p><div id="here"></div>';
    const tag = document.createElement('script');
    tag.type = 'text/plain';
    tag.src = 'https://status.example.org/sub/embed.js?v=1';
    Object.assign(tag.dataset, { token: 'sw_embed_x', panel: 'badge', label: 'Shop', onclick: 'alert(1)' });
    document.querySelector('p')?.after(tag);
    embed(tag);
    const made = tag.nextElementSibling;
    expect(Object.fromEntries([...(made?.attributes ?? [])].map(({ name, value }) => [name, value]))).toEqual({
      url: 'https://status.example.org/sub/panels',
      token: 'sw_embed_x',
      panel: 'badge',
      label: 'Shop',
    });
    tag.dataset['target'] = '#here';
    embed(tag);
    expect(document.querySelector('#here > sw-panel')?.getAttribute('token')).toBe('sw_embed_x');
  });
});

describe('the package', () => {
  test('[UI23] nothing of React is asked for', () => {
    const manifest: unknown = JSON.parse(readFileSync('packages/elements/package.json', 'utf8'));
    expect(JSON.stringify(manifest)).not.toMatch(/"react(?:-dom)?"|@statewire\/react/);
  });

  test('[UI25] a page’s own tokens win, and ours are behind each of them', () => {
    for (const { name, light, dark } of tokens.filter((token) => token.name !== 'shadow'))
      expect(lookCss).toContain(`--_${name}: var(--sw-${name}, light-dark(${light}, ${dark}));`);
  });
});
