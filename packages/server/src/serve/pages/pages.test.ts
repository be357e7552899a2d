import { JSDOM } from 'jsdom';
import { ok, type Json, type JsonObject } from '@statewire/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { signed, subscriberSecret } from '../../send/channels/webhook.ts';
import { ADMIN_KEY, createWorld, type Reply, type World } from '../../testing/http-world.ts';
import { inkOn } from './theme.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await makeService('shop', 'Shop');
});
afterEach(async () => {
  expect(world.errors).toEqual([]);
  await world.close();
});

const DOORS = [
  '/status/acme',
  '/status/acme.json',
  '/status/acme/feed.xml',
  '/status/acme/feed.json',
  '/status/acme/theme.css',
  '/embed/acme',
  '/badge/acme/shop/status.svg',
  '/badge/acme/shop/status.json',
  '/badge/acme/shop/uptime.svg',
  '/badge/acme/shop/latency.json',
  '/status/acme/live',
];

test('[PG1] planted secrets are in no byte of any public door', async () => {
  await makePage({ access: 'public', channel: 'mail' });
  await write((draft) => {
    const service = draft.get('services', 'shop') ?? {};
    draft.put('services', 'shop', {
      ...service,
      target: `https://${SECRET}.example/`,
      description: SECRET,
      group: SECRET,
      labels: { [SECRET]: SECRET },
      reason: { code: SECRET, text: SECRET },
      facts: { reach: { v: 'fail', code: SECRET, text: SECRET, ms: 1, at: 1, since: 1 } },
      override: { status: 'up', until: 9e15, by: SECRET, reason: SECRET },
      uptime: { h24: { pct: 99, coverage: 1 }, d7: { pct: 99, coverage: 1 }, d30: { pct: 99, coverage: 1 } },
      latencyMs: 12,
    });
    draft.put('incidents', `i-${SECRET}`, {
      ...INCIDENT,
      by: SECRET,
      cause: SECRET,
      assignee: SECRET,
      alerts: [SECRET],
      labels: { [SECRET]: SECRET },
      affected: [
        { ref: 'services/shop', impact: 'down' },
        { ref: `services/${SECRET}`, impact: 'down' },
      ],
      updates: [
        { id: SECRET, at: 1, by: SECRET, phase: 'identified', text: 'Known', isPublic: true },
        { id: 'b', at: 2, by: SECRET, phase: 'identified', text: SECRET, isPublic: false },
      ],
      postmortem: { text: SECRET, by: SECRET, at: 3, publishedAt: null },
    });
    draft.put('incidents', 'draft', { ...INCIDENT, title: SECRET, isPublished: false });
    draft.put('maintenances', `m-${SECRET}`, {
      ...MAINTENANCE,
      by: SECRET,
      selector: { collection: 'services', where: ['eq', 'group', SECRET] },
      affected: ['services/shop', `services/${SECRET}`],
    });
    draft.put('maintenances', 'inside', { ...MAINTENANCE, title: SECRET, isPublic: false });
    draft.put('channels', 'mail', { name: SECRET, settings: { host: SECRET } });
    draft.put('subscribers', 'sub_1', { page: 'acme', target: SECRET, state: 'confirmed' });
  });
  for (const path of DOORS) {
    const reply = path.endsWith('/live') ? await firstEvents(path) : await world.call('GET', path);
    expect(reply.status, path).toBe(200);
    const all = reply.text + JSON.stringify([...reply.headers]);
    expect(all, path).not.toContain(SECRET);
    expect(reply.text.length, path).toBeGreaterThan(0);
  }
  expect((await world.call('GET', '/status/acme.json')).text).toContain('Known');
});

test('[PG2] a page that is not published is answered, byte for byte, like one that does not exist', async () => {
  await makePage({ isPublished: false });
  for (const path of [...DOORS, '/status/acme/logo']) {
    const hidden = await world.call('GET', path);
    const unknown = await world.call('GET', path.replace('acme', 'nobody'));
    expect(hidden.status, path).toBe(404);
    expect([hidden.text, Object.fromEntries(hidden.headers)]).toEqual([
      unknown.text,
      Object.fromEntries(unknown.headers),
    ]);
  }
  for (const path of ['enter', 'subscribe']) {
    const form = { raw: 'password=x&kind=email&target=a@b.example', headers: FORM };
    const hidden = await world.call('POST', `/status/acme/${path}`, form);
    expect(hidden.status).toBe(404);
    expect(hidden.text).toBe((await world.call('POST', `/status/nobody/${path}`, form)).text);
  }
  await world.call('POST', '/v1/pages/acme/publish', { key: ADMIN_KEY });
  expect((await world.call('GET', '/status/acme')).status).toBe(200);
  await world.call('POST', '/v1/pages/acme/unpublish', { key: ADMIN_KEY });
  expect((await world.call('GET', '/status/acme')).status).toBe(404);
});

describe('[PG7] words from outside are words', () => {
  const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&{}]]>\u{1F600}`;

  test('in the page, its embed, its feeds and its badges', async () => {
    await makeService('evil', evil);
    await makePage({
      title: evil,
      text: evil,
      groups: [
        { name: evil, services: [{ id: 'evil' }] },
        { name: `${evil}2`, services: [{ id: 'shop', name: evil }] },
      ],
      links: [{ name: evil, url: 'https://acme.example/?q="><script>alert(1)</script>' }],
      channel: 'mail',
    });
    await write((draft) => {
      const updates = [{ id: 'u', at: 1, by: 'x', phase: 'identified', text: evil, isPublic: true }];
      const affected = [{ ref: 'services/evil', impact: 'down' }];
      const postmortem = { text: evil, by: 'x', at: 1, publishedAt: 1 };
      draft.put('incidents', 'i', { ...INCIDENT, title: evil, affected, updates, postmortem });
      draft.put('maintenances', 'm', { ...MAINTENANCE, title: evil, text: evil, affected: ['services/evil'] });
    });
    for (const path of ['/status/acme', '/embed/acme']) {
      const { document } = new JSDOM((await world.call('GET', path)).text).window;
      expect(document.querySelectorAll('script:not([src]), [onerror], img:not([src^="/"])').length, path).toBe(0);
      expect(document.querySelectorAll('script').length, path).toBe(1);
      expect(document.body.textContent).toContain('<script>alert(1)</script>');
    }
    const { items } = readRss((await world.call('GET', '/status/acme/feed.xml')).text);
    expect(items.map(({ description }) => description).join()).toContain(evil);
    const svg = (await world.call('GET', '/badge/acme/script-alert-1-script-img-src-x-onerror-alert-1/status.svg'))
      .text;
    const drawn = new JSDOM(svg, { contentType: 'image/svg+xml' }).window.document;
    expect(drawn.querySelectorAll('script, img, foreignObject, [onload]').length).toBe(0);
    expect(drawn.querySelector('title')?.textContent).toContain('<script>');
  });

  test('links lead to the web or to mail only, colours are colours, and rules load nothing', async () => {
    const page = { id: 'x', slug: 'x', title: 'x' };
    for (const bad of [
      { links: [{ name: 'x', url: 'javascript:alert(1)' }] },
      { links: [{ name: 'x', url: 'https://user:pass@acme.example/' }] },
      { theme: { accent: 'red;}body{display:none' } },
      { theme: { logo: 'https://elsewhere.example/logo.png' } },
      { theme: { logo: 'data:text/html;base64,PHNjcmlwdD4=' } },
      { theme: { css: '@import "https://elsewhere.example/x.css";' } },
      { theme: { css: 'body { background: url(https://elsewhere.example/pixel) }' } },
      { theme: { css: 'body { background: u\\72l(//elsewhere.example/pixel) }' } },
      { theme: { css: '@\\69mport "x";' } },
      { theme: { css: 'a/**/{ b: expression(alert(1)) }' } },
      { theme: { css: '</style><script>alert(1)</script>' } },
      { zone: 'Middle/Earth' },
      { domain: 'https://status.example.com' },
      { frames: ['javascript:1'] },
      { frames: ["https://a.example; script-src 'unsafe-inline'"] },
      { slug: '-' },
      { slug: 'a/b' },
      { slug: '' },
    ]) {
      const reply = await world.call('POST', '/v1/pages', { key: ADMIN_KEY, body: { ...page, ...bad } });
      expect([reply.status, reply.json['code']], JSON.stringify(bad)).toEqual([422, 'bad_field']);
    }
    const fine = { theme: { css: '.row { background: url("data:image/png;base64,AA==") }', accent: '#FFcc00' } };
    expect((await world.call('POST', '/v1/pages', { key: ADMIN_KEY, body: { ...page, ...fine } })).status).toBe(201);
  });

  test('the page may run our script and style and nothing else, and nothing of it is inline', async () => {
    await makePage({ theme: { accent: '#ffcc00', css: 'h1 { color: teal }' } });
    const reply = await world.call('GET', '/status/acme');
    const policy = reply.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(reply.headers.get('x-frame-options')).toBe('DENY');
    const { document } = new JSDOM(reply.text).window;
    expect(document.querySelectorAll('style, [style], script:not([src])').length).toBe(0);
    const sheets = Array.from(
      document.querySelectorAll('link[rel=stylesheet]'),
      (link) => link.getAttribute('href') ?? '',
    );
    expect(sheets).toHaveLength(2);
    for (const path of [...sheets, document.querySelector('script')?.getAttribute('src') ?? '']) {
      expect((await world.call('GET', path)).status, path).toBe(200);
    }
    const css = (await world.call('GET', sheets[1] ?? '')).text;
    expect(css).toContain('--accent: #ffcc00; --accent-ink: #000000');
    expect(css).toContain('h1 { color: teal }');
    expect((await world.call('GET', '/status/-/other-digest/page.js')).status).toBe(404);
  });

  test('a logo is served from the page, and as a document of its own it can do nothing', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>').toString(
      'base64',
    );
    await makePage({ theme: { logo: `data:image/svg+xml;base64,${svg}` } });
    const logo = await world.call('GET', '/status/acme/logo');
    expect(logo.headers.get('content-type')).toBe('image/svg+xml');
    expect(logo.headers.get('content-security-policy')).toContain('sandbox');
  });

  test('a listed origin may frame the embed, and no other', async () => {
    await makePage({});
    const own = await world.call('GET', '/embed/acme');
    expect(own.headers.get('content-security-policy')).toContain("frame-ancestors 'self'");
    await patchPage({ frames: ['https://www.acme.example', 'https://docs.acme.example'] });
    const listed = await world.call('GET', '/embed/acme');
    expect(listed.headers.get('content-security-policy')).toContain(
      'frame-ancestors https://www.acme.example https://docs.acme.example',
    );
    expect(listed.headers.get('x-frame-options')).toBeNull();
    await patchPage({ access: 'password' });
    expect((await world.call('GET', '/embed/acme')).status).toBe(404);
  });
});

test('[PG12] answers can be cached: an ETag that stays while nothing changes, 304 to who has it, compressed for who can read it', async () => {
  await makePage({});
  for (const path of ['/status/acme', '/status/acme.json', '/status/acme/feed.xml', '/badge/acme/shop/status.svg']) {
    const first = await world.call('GET', path);
    const etag = first.headers.get('etag') ?? '';
    expect(etag, path).not.toBe('');
    const again = await world.call('GET', path, { headers: { 'if-none-match': etag } });
    expect([again.status, again.text], path).toEqual([304, '']);
    // Caches send back a weak form of what they compressed.
    expect(
      (await world.call('GET', path, { headers: { 'if-none-match': `W/${etag.replace('W/', '')}, "x"` } })).status,
    ).toBe(304);
  }
  const json = await world.call('GET', '/status/acme.json');
  expect(json.headers.get('cache-control')).toBe('public, max-age=5, stale-while-revalidate=30');
  expect(json.headers.get('access-control-allow-origin')).toBe('*');
  await setStatus('shop', 'down');
  const etag = json.headers.get('etag') ?? '';
  const changed = await world.call('GET', '/status/acme.json', { headers: { 'if-none-match': etag } });
  expect([changed.status, changed.json['status']]).toEqual([200, 'down']);
  const packed = await world.http.app.request('/status/acme', { headers: { 'accept-encoding': 'br, gzip' } });
  expect(packed.headers.get('content-encoding')).toBe('gzip');
  expect(packed.headers.get('vary')).toContain('Accept-Encoding');
});

test('a change of what no page shows changes no page', async () => {
  await makePage({});
  const before = (await world.call('GET', '/status/acme.json')).headers.get('etag');
  await write((draft) => draft.put('services', 'shop', { ...draft.get('services', 'shop'), latencyMs: 99 }));
  expect((await world.call('GET', '/status/acme.json')).headers.get('etag')).toBe(before);
});

describe('[PG6] pages that are not for everybody', () => {
  test('a password is exchanged for a cookie that is signed, ends, and ends early when the password changes', async () => {
    await makePage({ access: 'password' });
    const enter = (password: string) =>
      world.call('POST', '/status/acme/enter', { raw: new URLSearchParams({ password }).toString(), headers: FORM });
    // Nobody set one: nobody comes in.
    expect((await enter('')).status).toBe(401);
    await secure({ password: 'tell nobody' });
    const row = await world.call('GET', '/v1/pages/acme', { key: ADMIN_KEY });
    expect(row.json['secrets']).toEqual(['password']);
    expect(row.text).not.toContain('tell nobody');
    for (const path of DOORS.filter((door) => !door.startsWith('/embed') && !door.startsWith('/badge')))
      expect((await world.call('GET', path)).status, path).toBe(401);
    expect((await world.call('GET', '/badge/acme/shop/status.svg')).status).toBe(404);
    expect((await world.call('GET', '/status/acme')).text).not.toContain('Shop');
    expect((await enter('tell everybody')).status).toBe(401);
    const inside = await enter('tell nobody');
    expect([inside.status, inside.headers.get('location')]).toEqual([303, '/status/acme']);
    const set = inside.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
    const cookie = set.split(';')[0] ?? '';
    const page = await world.call('GET', '/status/acme', { headers: { cookie } });
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    const [name = '', value = ''] = cookie.split('=');
    for (const forged of [
      `${name}=9${value}`,
      `${name}=${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`,
      `other=${value}`,
      `${name}=`,
    ]) {
      expect((await world.call('GET', '/status/acme', { headers: { cookie: forged } })).status, forged).toBe(401);
    }
    await secure({ password: 'another one' });
    expect((await world.call('GET', '/status/acme', { headers: { cookie } })).status).toBe(401);
    const anew = ((await enter('another one')).headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await world.call('GET', '/status/acme', { headers: { cookie: anew } })).status).toBe(200);
    world.skip(8 * 86_400_000);
    expect((await world.call('GET', '/status/acme', { headers: { cookie: anew } })).status).toBe(401);
  });

  test('a token comes in the header, or once in the address, which is answered without it', async () => {
    await makePage({ access: 'token' });
    const token = 'a-token-of-many-letters-123';
    await secure({ token });
    expect((await world.call('GET', '/status/acme/feed.xml', { key: token })).status).toBe(200);
    expect((await world.call('GET', '/status/acme.json', { key: 'a-token-of-many-letters-124' })).status).toBe(401);
    // A key of the API opens no page.
    expect((await world.call('GET', '/status/acme.json', { key: ADMIN_KEY })).status).toBe(401);
    const inside = await world.call('GET', `/status/acme?token=${token}`);
    expect([inside.status, inside.headers.get('location')]).toEqual([303, '/status/acme']);
    const cookie = (inside.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await world.call('GET', '/status/acme', { headers: { cookie } })).status).toBe(200);
    expect((await world.call('GET', '/status/acme?token=wrong')).status).toBe(401);
    await secure({ token: null });
    expect((await world.call('GET', '/status/acme', { headers: { cookie } })).status).toBe(401);
  });

  test('the cookie of one page opens no other', async () => {
    await makePage({ access: 'password' });
    const made = await world.call('POST', '/v1/pages', {
      key: ADMIN_KEY,
      body: { ...PAGE, id: 'other', slug: 'other', access: 'password' },
    });
    expect(made.status).toBe(201);
    await secure({ password: 'tell nobody' });
    await world.call('POST', '/v1/pages/other/secure', { key: ADMIN_KEY, body: { password: 'something else' } });
    const entered = await world.call('POST', '/status/acme/enter', { raw: 'password=tell+nobody', headers: FORM });
    const [, value = ''] = (entered.headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
    const wanted = await world.call('POST', '/status/other/enter', { raw: 'password=something+else', headers: FORM });
    const [name = ''] = (wanted.headers.get('set-cookie') ?? '').split('=');
    expect((await world.call('GET', '/status/other', { headers: { cookie: `${name}=${value}` } })).status).toBe(401);
  });

  test('tries are counted', async () => {
    await makePage({ access: 'password' });
    await secure({ password: 'tell nobody' });
    let refused = 0;
    for (let i = 0; i < 25; i++) {
      const reply = await world.call('POST', '/status/acme/enter', { raw: 'password=x', headers: FORM });
      if (reply.status === 429) refused += 1;
    }
    expect(refused).toBe(5);
  });
});

test('[PG15] slugs and domains are unique over all organizations, and free again when they are given up', async () => {
  await makePage({ domain: 'status.acme.example' });
  const foreign = await world.key('admin', 'o7');
  const make = (body: JsonObject) =>
    world.call('POST', '/v1/pages', { key: foreign, body: { ...PAGE, id: 'theirs', ...body } });
  const taken = await make({ slug: 'acme' });
  expect([taken.status, taken.json['code']]).toEqual([409, 'exists']);
  expect(taken.text).toContain('another page of this instance has acme; take another');
  expect((await make({ slug: 'theirs', domain: 'status.acme.example' })).json['code']).toBe('exists');
  expect((await make({ slug: 'theirs' })).status).toBe(201);
  expect((await patchPage({ slug: 'theirs' })).json['code']).toBe('exists');
  expect((await patchPage({ slug: 'acme-two', domain: '' })).status).toBe(200);
  expect((await world.call('GET', '/status/acme')).status).toBe(404);
  expect((await world.call('GET', '/status/acme-two')).status).toBe(200);
  const moved = await world.call('PATCH', '/v1/pages/theirs', { key: foreign, body: { slug: 'acme' } });
  expect(moved.status).toBe(200);
  await world.call('DELETE', '/v1/pages/theirs', { key: foreign });
  expect((await patchPage({ slug: 'acme' })).status).toBe(200);
});

test('a host name of its own shows the page at /, and nothing of the dashboard', async () => {
  await makePage({ domain: 'status.acme.example' });
  const at = (path: string, host: string) => world.call('GET', path, { headers: { host, accept: 'text/html' } });
  expect((await at('/', 'status.acme.example:8443')).text).toContain('<title>No data yet: Acme</title>');
  expect((await at('/', 'STATUS.acme.example')).status).toBe(200);
  expect((await at('/services', 'status.acme.example')).text).toContain('No page here');
  // No dashboard is built here; that is what other hosts are told.
  expect((await at('/', 'localhost:4800')).status).toBe(503);
});

describe('[PG16] feeds', () => {
  test('RSS and JSON say the same news, newest first, each once', async () => {
    await makePage({});
    await write((draft) => {
      const updates = [1, 2, 3].map((n) => ({
        id: `u${n}`,
        at: n * 1_000,
        by: 'x',
        phase: 'monitoring',
        text: `Word ${n}`,
        isPublic: n !== 2,
      }));
      draft.put('incidents', 'i', { ...INCIDENT, updates });
      draft.put('incidents', 'j', { ...INCIDENT, title: 'Silent' });
      draft.put('maintenances', 'm', MAINTENANCE);
    });
    const { items, title } = readRss((await world.call('GET', '/status/acme/feed.xml')).text);
    expect(title).toBe('Acme');
    expect(new Set(items.map(({ guid }) => guid)).size).toBe(items.length);
    expect(items.map((item) => item['title'])).toEqual([
      'Maintenance planned: Patch',
      'Investigating: Silent',
      'Monitoring: Slow',
      'Monitoring: Slow',
    ]);
    expect(items.slice(2).map(({ description }) => description)).toEqual(['Word 3', 'Word 1']);
    for (const { pubDate, link } of items) {
      expect(Number.isNaN(Date.parse(pubDate ?? ''))).toBe(false);
      expect(link).toMatch(/^http:\/\/localhost:4800\/status\/acme#[im]-/);
    }
    const feed = JSON.parse((await world.call('GET', '/status/acme/feed.json')).text);
    expect(feed.version).toBe('https://jsonfeed.org/version/1.1');
    expect(feed.items.map(({ id }: { id: string }) => id)).toEqual(items.map(({ guid }) => guid));
  });
});

describe('[PG17] badges', () => {
  const numbers = {
    uptime: { h24: { pct: 100 }, d7: { pct: 99.999 }, d30: { pct: 98.7654 }, d90: { pct: null } },
    latencyMs: 41.6,
  };

  test('say the status to everybody, and numbers where the page shows numbers', async () => {
    await makePage({
      groups: [
        {
          name: '',
          services: [
            { id: 'shop', isNumbered: true },
            { id: 'docs', name: 'Docs' },
          ],
        },
      ],
    });
    await makeService('docs', 'inside');
    await makeService('unlisted', 'Unlisted');
    for (const id of ['shop', 'docs', 'unlisted'])
      await write((draft) => draft.put('services', id, { ...draft.get('services', id), status: 'down', ...numbers }));
    const badge = async (path: string) => {
      const reply = await world.call('GET', `/badge/acme/${path}`);
      return reply.status === 200 ? `${reply.word('label')}: ${reply.word('message')}` : reply.status;
    };
    expect(await badge('shop/status.json')).toBe('Shop: down');
    expect(await badge('shop/uptime.json')).toBe('Shop uptime 30 d: 98.76%');
    expect(await badge('shop/uptime.json?window=24h')).toBe('Shop uptime 24 h: 100%');
    expect(await badge('shop/uptime.json?window=7d')).toBe('Shop uptime 7 d: 99.99%');
    expect(await badge('shop/uptime.json?window=90d')).toBe('Shop uptime 90 d: no data');
    expect(await badge('shop/uptime.json?window=5d')).toBe(400);
    expect(await badge('shop/latency.json?label=p')).toBe('p: 42 ms');
    expect(await badge('docs/status.json')).toBe('Docs: down');
    expect(await badge('docs/uptime.json')).toBe(404);
    expect(await badge('docs/latency.json')).toBe(404);
    expect(await badge('unlisted/status.json')).toBe(404);
    expect(await badge('shop/status.png')).toBe(404);
    const { json } = await world.call('GET', '/badge/acme/shop/status.json');
    expect(Object.keys(json).toSorted()).toEqual(['cacheSeconds', 'color', 'label', 'message', 'schemaVersion']);
    const plain = await world.call('GET', '/badge/acme/shop/status.json?form=plain');
    expect(plain.json).toEqual({ label: 'Shop', message: 'down', color: 'c0322b' });
    expect(plain.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });
});

describe('[PG13] signing up', () => {
  const sign = (fields: Record<string, string>, headers = FORM) =>
    world.call('POST', '/status/acme/subscribe', { raw: new URLSearchParams(fields).toString(), headers });

  test('the answer is the same for a new, a waiting and a confirmed address, and the record says little', async () => {
    await makePage({ channel: 'mail' });
    const first = await sign({ kind: 'email', target: 'Ada@example.org' });
    const again = await sign({ kind: 'email', target: 'ada@EXAMPLE.org' });
    expect([again.status, again.text]).toEqual([first.status, first.text]);
    const { json, text } = await world.call('GET', '/v1/subscribers', { key: ADMIN_KEY });
    expect(json['rows']).toMatchObject([{ state: 'pending', target: 'A...@example.org', kind: 'email' }]);
    expect(text).not.toMatch(/ada@/i);
    expect((await world.call('GET', '/v1/subscribers', { key: await world.key('read') })).status).toBe(403);
    await write((draft) => {
      const [row] = draft.all('subscribers');
      if (row !== undefined) draft.put('subscribers', row.id, { ...row, state: 'confirmed', nextAt: null });
    });
    expect((await sign({ kind: 'email', target: 'ada@example.org' })).text).toBe(first.text);
    expect((await world.call('GET', '/v1/subscribers', { key: ADMIN_KEY })).json['rows']).toMatchObject([
      { state: 'confirmed' },
    ]);
  });

  test('what is no address is refused, what fills the hidden field is thanked and forgotten, and both are counted', async () => {
    await makePage({ channel: 'mail' });
    for (const target of [
      '',
      'ada',
      'ada@localhost',
      'a@b.example\nbcc: c@d.example',
      'a b@c.example',
      '<a@b.example>',
    ])
      expect((await sign({ kind: 'email', target })).status, target).toBe(400);
    expect((await sign({ kind: 'webhook', target: 'https://hooks.example.org/' })).status).toBe(404);
    expect((await sign({ kind: 'email', target: 'bot@example.org', website: 'x' })).status).toBe(200);
    expect((await world.call('GET', '/v1/subscribers', { key: ADMIN_KEY })).json['rows']).toEqual([]);
    const codes = [];
    for (let i = 0; i < 15; i++) codes.push((await sign({ kind: 'email', target: `a${i}@example.org` })).status);
    expect(codes.filter((code) => code === 200)).toHaveLength(12);
    expect(codes.filter((code) => code === 429)).toHaveLength(3);
  });

  test('one address cannot be made to be asked again and again', async () => {
    await makePage({ channel: 'mail' });
    const codes = [];
    for (let i = 0; i < 5; i++) codes.push((await sign({ kind: 'email', target: 'ada@example.org' })).status);
    expect(codes).toEqual([200, 200, 200, 429, 429]);
  });

  test("[PG14] a webhook is told the key of its own that signs for it, and nobody else's", async () => {
    const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;
    const body = {
      id: 'hook',
      name: 'Hook',
      kind: 'webhook',
      settings: { url: 'https://a.example/' },
      secrets: { secret },
    };
    const made = await world.call('POST', '/v1/channels', { key: ADMIN_KEY, body });
    expect(made.status, made.text).toBe(201);
    await makePage({ webhookChannel: 'hook' });
    const target = 'https://hooks.example.org/status?room=7';
    expect((await sign({ kind: 'webhook', target })).status).toBe(200);
    const row = await world.call('GET', '/v1/subscribers', { key: ADMIN_KEY });
    expect(row.json['rows']).toMatchObject([{ kind: 'webhook', target: 'https://hooks.example.org/...' }]);
    const id = row.words('rows', 'id')[0] ?? '';
    const { token } = z(await world.keep.store.document('subscriber-target', 'main', id));
    const confirmed = await world.call('POST', `/status/-/confirm?s=${id}&t=${token}`);
    const own =
      /whsec_[A-Za-z0-9+/=]+/.exec(new JSDOM(confirmed.text).window.document.body.textContent ?? '')?.[0] ?? '';
    expect(own).not.toBe(secret);
    const message = { id: 'm1', at: world.now(), body: '{"x":1}' };
    const headers = { ...signed(subscriberSecret(secret, target), message) };
    expect(new Webhook(own).verify(message.body, headers)).toEqual({ x: 1 });
    expect(() => new Webhook(secret).verify(message.body, headers)).toThrow();
    expect(() => new Webhook(subscriberSecret(secret, `${target}8`)).verify(message.body, headers)).toThrow();
  });

  test('a form is a form', async () => {
    await makePage({ channel: 'mail' });
    expect((await sign({ kind: 'email', target: 'ada@example.org' }, { 'content-type': 'text/plain' })).status).toBe(
      415,
    );
    const long = await sign({ kind: 'email', target: 'a'.repeat(9_000) });
    expect(long.status).toBe(413);
  });

  test('confirming and leaving take a press of the button, and a link with another token says nothing', async () => {
    await makePage({ channel: 'mail' });
    await sign({ kind: 'email', target: 'ada@example.org' });
    const id = (await world.call('GET', '/v1/subscribers', { key: ADMIN_KEY })).words('rows', 'id')[0] ?? '';
    const document = await world.keep.store.document('subscriber-target', 'main', id);
    const { token } = z(document);
    const state = async () => (await world.call('GET', `/v1/subscribers/${id}`, { key: ADMIN_KEY })).json['state'];
    const wrong = await world.call('POST', `/status/-/confirm?s=${id}&t=${token.slice(0, -1)}x`);
    expect(wrong.status).toBe(404);
    expect((await world.call('POST', `/status/-/confirm?s=sub_nobody&t=${token}`)).text).toBe(wrong.text);
    // Opened by a scanner: nothing happens.
    expect((await world.call('GET', `/status/-/confirm?s=${id}&t=${token}`)).status).toBe(200);
    expect(await state()).toBe('pending');
    expect((await world.call('POST', `/status/-/confirm?s=${id}&t=${token}`)).status).toBe(200);
    expect(await state()).toBe('confirmed');
    expect((await world.call('GET', `/status/-/leave?s=${id}&t=${token}`)).status).toBe(200);
    expect(await state()).toBe('confirmed');
    expect((await world.call('POST', `/status/-/leave?s=${id}&t=${token}`)).status).toBe(200);
    expect(await state()).toBeUndefined();
    expect(await world.keep.store.document('subscriber-target', 'main', id)).toBeNull();
  });

  test('with the page go its subscribers and secrets', async () => {
    await makePage({ channel: 'mail' });
    await sign({ kind: 'email', target: 'ada@example.org' });
    await secure({ password: 'tell nobody' });
    await world.call('DELETE', '/v1/pages/acme', { key: ADMIN_KEY });
    expect((await world.call('GET', '/v1/subscribers', { key: ADMIN_KEY })).json['rows']).toEqual([]);
    expect(await world.keep.store.documents('subscriber-target', 'main')).toEqual([]);
    expect(await world.keep.store.documents('page-secrets', 'main')).toEqual([]);
  });
});

test('ink on an accent can be read', () => {
  expect([inkOn('#ffcc00'), inkOn('#3355ff'), inkOn('#000000'), inkOn('#ffffff')]).toEqual([
    '#000000',
    '#ffffff',
    '#ffffff',
    '#000000',
  ]);
});

const SECRET = 'PLANTED-SECRET-7781';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const PAGE = {
  title: 'Acme',
  isPublished: true,
  groups: [{ name: '', services: [{ id: 'shop', isNumbered: true }] }],
};
const INCIDENT: JsonObject = {
  title: 'Slow',
  phase: 'investigating',
  impact: 'minor',
  affected: [],
  updates: [],
  isPublished: true,
  startedAt: 5_000,
  resolvedAt: null,
  postmortem: null,
};
const MAINTENANCE: JsonObject = {
  title: 'Patch',
  text: '',
  state: 'scheduled',
  window: { from: 9_000_000_000_000, to: 9_000_003_600_000 },
  past: [],
  affected: ['services/shop'],
  isPublic: true,
};

type Draft = Parameters<Parameters<World['keep']['commit']['write']>[2]>[0];

async function write(work: (draft: Draft) => void): Promise<void> {
  const written = await world.keep.commit.write('main', 'test', (draft) => {
    work(draft);
    return ok(null);
  });
  expect(written.ok).toBe(true);
}

async function makeService(id: string, name: string): Promise<void> {
  const made = await world.call('POST', '/v1/services', { key: ADMIN_KEY, body: { id, name, kind: 'heartbeat' } });
  expect(made.status, made.text).toBe(201);
}

async function setStatus(id: string, status: string): Promise<void> {
  await write((draft) => draft.put('services', id, { ...draft.get('services', id), status }));
}

async function makePage(fields: JsonObject): Promise<void> {
  const body = { ...PAGE, id: 'acme', slug: 'acme', ...fields };
  const made = await world.call('POST', '/v1/pages', { key: ADMIN_KEY, body });
  expect(made.status, made.text).toBe(201);
}

function patchPage(body: JsonObject): Promise<Reply> {
  return world.call('PATCH', '/v1/pages/acme', { key: ADMIN_KEY, body });
}

async function secure(body: JsonObject): Promise<void> {
  expect((await world.call('POST', '/v1/pages/acme/secure', { key: ADMIN_KEY, body })).status).toBe(200);
}

/** What a stream says first. */
async function firstEvents(path: string): Promise<Pick<Reply, 'headers' | 'status' | 'text'>> {
  const response = await world.http.app.request(path);
  const reader = response.body?.getReader();
  let text = '';
  if (reader === undefined) throw new Error('expected a stream');
  while (!text.includes('event:')) {
    const { value, done } = await reader.read();
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  await reader.cancel();
  return { status: response.status, headers: response.headers, text };
}

function z(document: Json | null): { readonly token: string } {
  if (typeof document === 'object' && document !== null && 'token' in document && typeof document['token'] === 'string')
    return { token: document['token'] };
  throw new Error('expected a document with a token');
}

/** Reads RSS as XML: what is not well-formed throws. */
function readRss(text: string): { readonly title: string; readonly items: readonly Record<string, string>[] } {
  const { document } = new JSDOM(text, { contentType: 'application/xml' }).window;
  const items = Array.from(document.querySelectorAll('item'), (item) =>
    Object.fromEntries(Array.from(item.children, (field) => [field.tagName, field.textContent ?? ''])),
  );
  return { title: document.querySelector('channel > title')?.textContent ?? '', items };
}
