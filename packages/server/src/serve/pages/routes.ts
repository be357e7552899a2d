/** The public doors of status pages. All are open; what may be seen is asked of the board and the gate, and nothing else is read. */
import type { Context } from 'hono';
import { z } from 'zod';
import type { Sheet } from '../../publish/board.ts';
import type { HttpDeps } from '../http/deps.ts';
import { RefusedError } from '../http/problem.ts';
import type { Rates } from '../http/rate.ts';
import { openRoute, type RawCall, type Route } from '../http/router.ts';
import { answersOf } from '../http/shapes.ts';
import { ASSETS_PATH } from './assets.ts';
import { badgeOf, badgeSvg, shieldsJson, windowOf, type BadgeKind } from './badge.ts';
import { noticeOf } from './document.ts';
import { Drawings, type Body } from './drawn.ts';
import { readForm } from './form.ts';
import { Gate } from './gate.ts';
import { html } from './markup.ts';
import { etagOf, logoOf, themeCss } from './theme.ts';
import { subscriptionRoutes } from './subscription.ts';

type Seen = Pick<RawCall, 'context' | 'ip' | 'params'>;

/** What the public doors are made of. */
export interface PagesDoor {
  readonly routes: readonly Route[];
  /** The page that a host name of its own leads to, at `/`; null for every other host and path. */
  readonly byHost: (context: Context, host: string | null, ip: string) => Promise<Response> | null;
}

const TAG = 'status pages';
const EMBED_TEXT = 'the banner of a page for a frame; who may frame it is a setting of the page';

export function pageRoutes(deps: HttpDeps, rates: Rates): PagesDoor {
  const { board, streams, drawings } = deps.pages;
  const gate = new Gate(deps);

  /** The page at a slug, for those who may see it. Unknown and unpublished are one answer. */
  async function seen({ context, params }: Seen): Promise<Sheet> {
    const sheet = board.sheet(params['slug'] ?? '');
    if (sheet === null) throw new RefusedError({ code: 'not_found', message: 'there is no such page' });
    if (await gate.isInside(sheet, credentialsOf(context))) return sheet;
    throw new RefusedError({
      code: 'auth_required',
      message: 'this page is not for everybody',
      do: 'open the page in a browser, or send its token as Authorization: Bearer',
    });
  }

  async function document(call: Seen): Promise<Response> {
    const { context, params } = call;
    const sheet = board.sheet(params['slug'] ?? '');
    if (sheet === null) return missing(drawings);
    const token = context.req.query('token');
    if (token !== undefined && sheet.page.access !== 'public') {
      await rates.spend('page-secret', call.ip);
      const cookie = await gate.byToken(sheet, token);
      if (cookie !== null) return inside(deps, context, sheet, cookie);
    }
    if (!(await gate.isInside(sheet, credentialsOf(context)))) return closed(drawings, sheet, token !== undefined);
    return send(context, drawings.document(sheet), { ...cacheOf(sheet), ...pageHeaders });
  }

  const page = (path: string, summary: string, type: string, handle: (call: Seen) => Promise<Response>): Route =>
    openRoute({
      method: 'GET',
      path,
      access: 'open',
      tag: TAG,
      summary,
      answers: {
        ...answersOf('not_found', 'auth_required'),
        200: { description: 'As it is now', type },
        304: { description: 'Nothing changed since the ETag in If-None-Match' },
      },
      handle,
    });

  const routes: Route[] = [
    openRoute({
      method: 'GET',
      path: `${ASSETS_PATH}/{digest}/{file}`,
      access: 'open',
      tag: TAG,
      summary: 'The script and the style that all pages share',
      answers: { ...answersOf('not_found'), 200: { description: 'The file; its address changes with its content' } },
      handle: ({ context, params }) => {
        const asset = drawings.assets.get(params['file'] ?? '');
        if (asset === undefined || asset.path !== context.req.path)
          throw new RefusedError({ code: 'not_found', message: 'there is no such file' });
        return new Response(asset.body, {
          headers: {
            'content-type': asset.type,
            'cache-control': 'public, max-age=31536000, immutable',
            'cross-origin-resource-policy': 'cross-origin',
          },
        });
      },
    }),
    ...subscriptionRoutes(deps, rates, { tag: TAG, seen }),
    page(
      '/status/{slug}',
      'A public page; with `.json` behind the slug its data. A page that is not published is answered like one that does not exist',
      'text/html',
      async (call) => {
        const slug = call.params['slug'] ?? '';
        if (!slug.endsWith('.json')) return document(call);
        const sheet = await seen({ ...call, params: { slug: slug.slice(0, -5) } });
        return send(call.context, drawings.json(sheet), { ...cacheOf(sheet), ...openTo(sheet) });
      },
    ),
    openRoute({
      method: 'GET',
      path: '/status/{slug}/live',
      access: 'open',
      tag: TAG,
      summary: 'Changes of a public page as server-sent events; resumes by Last-Event-ID',
      query: z.strictObject({ v: z.string().max(64).optional().meta({ description: 'The version that is shown' }) }),
      answers: {
        ...answersOf('not_found', 'auth_required', 'overloaded'),
        200: { description: 'Events `state`, `beat` and `gone`', type: 'text/event-stream' },
      },
      handle: async (call) => {
        const sheet = await seen(call);
        const { context, ip, query } = call;
        const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
        if (context.req.method === 'HEAD') return new Response(null, { headers });
        const since = context.req.header('last-event-id') ?? query.v ?? null;
        const stream = streams.open(sheet, { ip, since });
        if (typeof stream !== 'string') return new Response(stream, { headers });
        throw new RefusedError({
          code: 'overloaded',
          message: `too many listen already (per ${stream})`,
          do: `ask for /status/${sheet.state.slug}.json every ${Math.ceil(sheet.page.refreshMs / 1_000)} s instead`,
          headers: { 'retry-after': '60' },
        });
      },
    }),
    page('/status/{slug}/feed.xml', 'Incidents and maintenances as RSS', 'application/rss+xml', async (call) => {
      const sheet = await seen(call);
      return send(call.context, drawings.rss(sheet, homeOf(deps, call.context, sheet)), cacheOf(sheet));
    }),
    page('/status/{slug}/feed.json', 'The same as JSON Feed', 'application/feed+json', async (call) => {
      const sheet = await seen(call);
      const feed = drawings.feed(sheet, homeOf(deps, call.context, sheet));
      return send(call.context, feed, { ...cacheOf(sheet), ...openTo(sheet) });
    }),
    page('/status/{slug}/theme.css', 'The colours and rules of a page', 'text/css', async (call) => {
      const sheet = await seen(call);
      const text = themeCss(sheet.page.theme);
      return send(call.context, bodyOf('text/css; charset=utf-8', text), cacheOf(sheet));
    }),
    page('/status/{slug}/logo', 'The picture at the top of a page', 'image/*', async (call) => {
      const sheet = await seen(call);
      const logo = logoOf(sheet.page.theme);
      if (logo === null) throw new RefusedError({ code: 'not_found', message: 'this page has no logo' });
      return new Response(logo.bytes, {
        headers: {
          ...cacheOf(sheet),
          'content-type': logo.type,
          // A drawing opened by itself is a document of our own origin: it runs and loads nothing.
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
        },
      });
    }),
    openRoute({
      method: 'POST',
      path: '/status/{slug}/enter',
      access: 'open',
      tag: TAG,
      summary: 'Exchanges the password of a page for a cookie',
      raw: ['application/x-www-form-urlencoded'],
      answers: { ...answersOf('rate_limited'), 303: { description: 'Back to the page' } },
      handle: async ({ context, params, ip }) => {
        const sheet = board.sheet(params['slug'] ?? '');
        if (sheet === null || sheet.page.access !== 'password') return missing(drawings);
        await rates.spend('page-secret', ip);
        const form = await readForm(context, deps.limits);
        const cookie = await gate.byPassword(sheet, form.get('password') ?? '');
        return cookie === null ? closed(drawings, sheet, true) : inside(deps, context, sheet, cookie);
      },
    }),
    page('/embed/{slug}', `Gives ${EMBED_TEXT}`, 'text/html', async (call) => {
      const sheet = board.sheet(call.params['slug'] ?? '');
      // A frame of another site gets no cookie, so only pages for everybody can be shown in one.
      if (sheet === null || sheet.page.access !== 'public') return missing(drawings);
      const ancestors = sheet.page.frames.length === 0 ? "'self'" : sheet.page.frames.join(' ');
      return send(call.context, drawings.embed(sheet), {
        ...cacheOf(sheet),
        'content-security-policy': policy(ancestors),
        'cross-origin-resource-policy': 'cross-origin',
      });
    }),
    openRoute({
      method: 'GET',
      path: '/badge/{slug}/{service}/{file}',
      access: 'open',
      tag: TAG,
      summary: 'A badge of a service of a page for everybody: status, uptime or latency, as .svg or .json',
      query: z.strictObject({
        window: z.string().max(8).default('30d').meta({ description: '24h, 7d, 30d or 90d, for uptime' }),
        label: z.string().max(100).optional().meta({ description: 'Other words on the left' }),
        form: z.enum(['shields', 'plain']).default('shields').meta({ description: 'What the JSON looks like' }),
      }),
      answers: {
        ...answersOf('not_found', 'bad_request'),
        200: { description: 'The badge', type: 'image/svg+xml' },
        304: { description: 'Nothing changed since the ETag in If-None-Match' },
      },
      handle: ({ context, params, query }) => {
        const match = /^(status|uptime|latency)\.(svg|json)$/u.exec(params['file'] ?? '');
        const window = windowOf(query.window);
        if (window === null)
          throw new RefusedError({
            code: 'bad_request',
            message: `window ${query.window}`,
            expected: '24h, 7d, 30d or 90d',
          });
        const sheet = board.sheet(params['slug'] ?? '');
        const word = params['service'] ?? '';
        const nothing = new RefusedError({ code: 'not_found', message: 'there is no such badge' });
        if (match === null || sheet === null || sheet.page.access !== 'public') throw nothing;
        // Who knows the id may use it: badges in a README survive a new name.
        const key = sheet.ids.has(word) ? word : (Array.from(sheet.ids).find(([, id]) => id === word)?.[0] ?? '');
        const id = sheet.ids.get(key);
        const latency = id === undefined ? undefined : deps.live.get(sheet.org, 'services', id)?.row['latencyMs'];
        const badge = badgeOf(sheet, {
          key,
          window,
          kind: kindOf(match[1]),
          latencyMs: typeof latency === 'number' ? latency : null,
          label: query.label ?? null,
        });
        if (badge === null) throw nothing;
        const isSvg = match[2] === 'svg';
        const text = isSvg ? badgeSvg(badge) : query.form === 'plain' ? JSON.stringify(badge) : shieldsJson(badge);
        return send(context, bodyOf(isSvg ? 'image/svg+xml' : 'application/json', text), {
          'cache-control': 'public, max-age=30, stale-while-revalidate=60',
          'cross-origin-resource-policy': 'cross-origin',
          ...openTo(sheet),
        });
      },
    }),
  ];

  return {
    routes,
    byHost: (context, host, ip) => {
      const name = /^([^:]+)(?::\d{1,5})?$/u.exec((host ?? '').toLowerCase())?.[1];
      const slug = name === undefined ? null : board.slugOf(name);
      // The dashboard is not shown under the name of a page, whatever the path.
      if (slug === null) return null;
      return context.req.path === '/'
        ? document({ context, ip, params: { slug } })
        : Promise.resolve(missing(drawings));
    },
  };
}

function kindOf(word: string | undefined): BadgeKind {
  return word === 'uptime' || word === 'latency' ? word : 'status';
}

/** Caches may hold what everybody may see, for as long as nobody would call it old. */
function cacheOf({ page }: Sheet): Readonly<Record<string, string>> {
  return {
    'cache-control': page.access === 'public' ? 'public, max-age=5, stale-while-revalidate=30' : 'private, no-store',
  };
}

/** What everybody may see, every page may read: without cookies, and never what is behind a door. */
function openTo({ page }: Sheet): Readonly<Record<string, string>> {
  return page.access === 'public'
    ? { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' }
    : {};
}

function policy(frameAncestors: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${frameAncestors}`,
  ].join('; ');
}

const pageHeaders = { 'content-security-policy': policy("'none'") };

/** The same bytes for a page that does not exist and for one that is not published. */
export function missing(drawings: Drawings): Response {
  const notice = noticeOf({
    title: 'No page here',
    text: 'There is no status page at this address. It may have moved, or not be published yet.',
    css: drawings.asset('page.css'),
  });
  return new Response(notice.text, {
    status: 404,
    headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
}

function closed(drawings: Drawings, { state, page }: Sheet, isWrong: boolean): Response {
  const isPassword = page.access === 'password';
  const wrong = isPassword ? 'That was not the password. ' : 'That link is not valid (any more). ';
  const notice = noticeOf({
    title: isPassword ? 'This page asks for a password' : 'This page asks for its link',
    text: `${isWrong ? wrong : ''}${isPassword ? 'Whoever gave you the address knows it.' : 'Open the whole link you were given.'}`,
    css: drawings.asset('page.css'),
    body: isPassword
      ? html`<form method="post" action="/status/${state.slug}/enter">
          <label for="password">Password</label>
          <div class="line">
            <input
              id="password"
              name="password"
              type="password"
              required
              maxlength="200"
              autocomplete="current-password"
            /><button>Show the page</button>
          </div>
        </form>`
      : undefined,
  });
  return new Response(notice.text, {
    status: 401,
    headers: { ...pageHeaders, 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
  });
}

function inside(deps: HttpDeps, context: Context, sheet: Sheet, cookie: string): Response {
  const isSecure =
    deps.settings.publicUrl?.startsWith('https:') === true ||
    (deps.settings.trustProxy && context.req.header('x-forwarded-proto') === 'https');
  // On a host name of its own the page is at `/`; elsewhere at its slug, which leads there too.
  return new Response(null, {
    status: 303,
    headers: {
      location: `/status/${sheet.state.slug}`,
      'set-cookie': isSecure ? `${cookie}; Secure` : cookie,
      'cache-control': 'no-store',
    },
  });
}

/** Sends bytes, or that the caller has them already. */
function send(context: Context, body: Body, headers: Readonly<Record<string, string>>): Response {
  const all: Record<string, string> = {
    ...headers,
    'content-type': body.type,
    etag: body.etag,
    vary: 'Accept-Encoding',
  };
  const asked = context.req.header('if-none-match');
  const bare = body.etag.replace(/^W\//u, '');
  if (asked?.split(',').some((part) => part.trim().replace(/^W\//u, '') === bare) === true)
    return new Response(null, { status: 304, headers: all });
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/u.test(context.req.header('accept-encoding') ?? '');
  if (body.gzip === null || !takesGzip) return new Response(body.plain, { headers: all });
  return new Response(body.gzip, { headers: { ...all, 'content-encoding': 'gzip' } });
}

function bodyOf(type: string, text: string): Body {
  return { type, etag: etagOf(text), plain: new TextEncoder().encode(text), gzip: null };
}

function credentialsOf(context: Context): { readonly bearer: string | null; readonly cookies: string | null } {
  const bearer = /^Bearer ([\x21-\x7e]+)$/iu.exec(context.req.header('authorization') ?? '')?.[1] ?? null;
  return { bearer, cookies: context.req.header('cookie') ?? null };
}

/** Where a page is for people: what feeds and mails point at. */
function homeOf(deps: HttpDeps, context: Context, { page, state }: Sheet): string {
  if (page.domain !== '') return `https://${page.domain}/status/${state.slug}`;
  const origin = deps.settings.publicUrl ?? new URL(context.req.url).origin;
  return `${origin}/status/${state.slug}`;
}
