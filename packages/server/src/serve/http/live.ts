import { CMD_PATH, codes, isCode, POLL_PATH, SSE_PATH, VIEW_PATH } from '@statewire/protocol';
import type { Context } from 'hono';
import { z } from 'zod';
import { hasSessionCookie } from '../auth/cookie.ts';
import { isOriginAllowed } from '../auth/origin.ts';
import type { From } from '../../lib/principal.ts';
import { PANELS_PATH } from '../panels.ts';
import type { Visitor } from '../session.ts';
import { RequestDoor } from '../transports/requests.ts';
import { assertMediaType, JSON_TYPE, readText } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError, type Refusal } from './problem.ts';
import type { Rates } from './rate.ts';
import { agentOf, bearerOf, hostOf, openRoute, rawHeadersOf, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/**
 * Live connections for networks that let no WebSocket through: packages/protocol/SPEC.md, rules TR. Who is calling is
 * asked by the session, as on a WebSocket; here is what an upgrade is asked too: where the page comes from.
 */
export function liveRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  return [...doorRoutes(deps, rates, ''), ...doorRoutes(deps, rates, PANELS_PATH)];
}

/** At the one door sessions and keys of ours connect, at the other panels in pages of others. */
function doorRoutes(deps: HttpDeps, rates: Rates, base: '' | typeof PANELS_PATH): readonly Route[] {
  const isPanel = base === PANELS_PATH;
  const { gateway } = deps;
  const door = new RequestDoor({
    clock: deps.clock,
    limits: deps.limits,
    epoch: deps.epoch,
    gateway: !isPanel
      ? gateway
      : {
          get hasRoom() {
            return gateway.hasPanelRoom;
          },
          open: (transport, visitor) => gateway.open(transport, visitor),
        },
    admit: ({ id }) => rates.spend('live', id),
  });
  const visitorOf = (context: Context, by: Pick<From, 'door' | 'ip'>): Visitor =>
    isPanel ? strangerOf(deps, context, by) : callerOf(deps, context, by);
  /** A refusal is counted by address like that of every door. */
  const refused = async (refusal: Refusal, ip: string): Promise<never> => {
    if (isCode(refusal.code) && codes[refusal.code].http === 401) await rates.spend('ip', ip);
    throw new RefusedError(refusal);
  };
  const text = (context: Context): Promise<string> => {
    assertMediaType(context.req.raw, rawHeadersOf(context), JSON_TYPE, 'application/json');
    return readText(context.req.raw, deps.limits.requestBytesMax);
  };
  const common = answersOf('auth_required', 'bad_request', 'forbidden', 'rate_limited', 'overloaded', 'unsupported');
  const live = isPanel ? ({ access: 'panel', tag: 'panels' } as const) : ({ access: 'live', tag: 'live' } as const);
  return [
    openRoute({
      ...live,
      method: 'POST',
      path: base + SSE_PATH,
      summary: 'A live connection as a stream of events; the body is a `hello` message',
      raw: ['application/json'],
      answers: { ...common, 200: { description: 'The messages, one event each', type: 'text/event-stream' } },
      handle: async ({ context, ip }) => {
        const visitor = visitorOf(context, { ip, door: 'stream' });
        const opened = await door.stream(await text(context), visitor);
        if (!opened.ok) return refused(opened, ip);
        return stream(opened.value, 'text/event-stream');
      },
    }),
    openRoute({
      ...live,
      method: 'POST',
      path: base + CMD_PATH,
      summary: 'Messages to the server on a stream that this caller opened',
      raw: ['application/json'],
      answers: { ...common, ...answersOf('not_found'), 204: { description: 'Taken; answers come on the stream' } },
      handle: async ({ context, ip }) => {
        const visitor = visitorOf(context, { ip, door: 'stream' });
        const done = await door.command(await text(context), visitor);
        if (done.ok) return new Response(null, { status: 204 });
        // Counted, because who guesses names of streams is a stranger; told 401 first, if they are nobody at all.
        await rates.spend('ip', ip);
        const who = await deps.greet(visitor);
        return refused(who.ok ? done : who, ip);
      },
    }),
    openRoute({
      ...live,
      method: 'POST',
      path: base + POLL_PATH,
      summary: 'What changed since; held until something does. The body is a `hello` with `wait` and `msgs`',
      raw: ['application/json'],
      answers: { ...common, 200: { description: 'The messages as a list', schema: z.array(z.looseObject({})) } },
      handle: async ({ context, ip }) => {
        const visitor = visitorOf(context, { ip, door: 'poll' });
        const opened = await door.poll(await text(context), visitor);
        if (!opened.ok) return refused(opened, ip);
        return stream(opened.value, 'application/json');
      },
    }),
    openRoute({
      ...live,
      method: 'GET',
      path: base + VIEW_PATH,
      summary: 'One view in full as a list of messages; without `sub` only who is calling',
      query: viewQuery,
      answers: {
        ...common,
        ...answersOf('bad_filter', 'bad_field', 'too_complex', 'unknown_collection'),
        200: {
          description: 'welcome, subd and the snapshot; ETag is `epoch.version.who`',
          schema: z.array(z.looseObject({})),
        },
        304: { description: 'The view is as the caller of If-None-Match knows it' },
      },
      handle: async ({ context, ip, query }) => {
        const answer = await door.view(
          { sub: query.sub ?? null, known: context.req.header('if-none-match') ?? null },
          visitorOf(context, { ip, door: 'poll' }),
        );
        if (!answer.ok) return refused(answer, ip);
        const { etag, body } = answer.value;
        const headers = {
          ...(etag === null ? {} : { etag }),
          'cache-control': etag === null ? 'no-store' : 'private, no-cache',
        };
        return body === null ? new Response(null, { status: 304, headers }) : stream(body, 'application/json', headers);
      },
    }),
  ];
}

/** What a head of a request has room for, encoded. */
const SUB_LENGTH_MAX = 12_288;

const viewQuery = z.strictObject({
  sub: z.string().max(SUB_LENGTH_MAX).optional().meta({
    description: 'A `sub` message without its number, for example {"c":"services","f":["eq","status","down"]}',
  }),
});

/** Where a request comes from, after what an upgrade is asked: a page of another origin may not act for anybody here. */
function callerOf(deps: HttpDeps, context: Context, by: Pick<From, 'door' | 'ip'>): Visitor {
  const origin = context.req.header('origin') ?? null;
  const host = hostOf(deps, context);
  const cookie = context.req.header('cookie') ?? null;
  const bearer = bearerOf(context) ?? undefined;
  if (origin !== null && !isOriginAllowed({ origin, host }, deps.settings)) {
    throw new RefusedError({
      code: 'forbidden',
      message: 'pages of this origin may not connect; list it under origins in the configuration',
    });
  }
  const from: From = { ...by, agent: agentOf(context) };
  // Browsers name the origin of everything but a plain GET of a page's own.
  const isOwn = origin !== null || context.req.method === 'GET';
  if (cookie !== null && hasSessionCookie(cookie) && !isOwn && bearer === undefined) {
    return { cookie: null, origin, host, from };
  }
  return { cookie, origin, host, from, ...(bearer === undefined ? {} : { bearer }) };
}

/** A page of anybody's that shows a panel: no cookie counts here, and which origins may is a matter of each embed. */
function strangerOf(deps: HttpDeps, context: Context, by: Pick<From, 'door' | 'ip'>): Visitor {
  return {
    isPanel: true,
    cookie: null,
    origin: context.req.header('origin') ?? null,
    host: hostOf(deps, context),
    from: { ...by, agent: agentOf(context) },
    bearer: bearerOf(context) ?? undefined,
  };
}

/** An answer that is to arrive as it is made: no store, no proxy and no compressor may gather it first. */
function stream(
  body: ReadableStream<Uint8Array>,
  type: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, {
    headers: { 'content-type': type, 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no', ...headers },
  });
}
