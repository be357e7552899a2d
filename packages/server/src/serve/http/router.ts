import { randomUUID } from 'node:crypto';
import { Hono, type Context } from 'hono';
import { isCode, type Json, type Result } from '@statewire/protocol';
import { z } from 'zod';
import { explain, type Permission } from '@statewire/model';
import type { From, Principal } from '../../lib/principal.ts';
import { can, canReport, lacking } from '../../publish/access.ts';
import { PANELS_PATH } from '../panels.ts';
import { REALTIME_PATH } from '../dialects/supabase/topics.ts';
import { isLoopbackHost } from '../auth/origin.ts';
import { auditCall, auditForbidden, auditRefusal, type AuditedCall } from './audited.ts';
import { readJson } from './body.ts';
import type { Dashboard } from './dashboard.ts';
import type { HttpDeps } from './deps.ts';
import { problem, RefusedError, refusalOf, type Refusal } from './problem.ts';
import type { Rates } from './rate.ts';

/**
 * Who may call a route: whoever has the permission it names. `open` needs no credential, `any` takes every principal,
 * `report` whoever may report something (what, each report is asked), `slug` those or a path that is a secret itself,
 * `metrics` the permission system:metrics or (when configured) a process of this machine. `live` leaves the question to the
 * session that the request opens, which asks it as on a WebSocket; so does `panel`, where only tokens of embeds count.
 */
export type Access = Permission | 'any' | 'live' | 'metrics' | 'open' | 'panel' | 'report' | 'slug';

/** One route: how it is called, who may, what it answers. The table of these is the API; nothing is mounted beside it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** With parameters in braces, as in OpenAPI: `/v1/keys/{id}`. */
  readonly path: string;
  readonly access: Access;
  readonly tag: string;
  readonly summary: string;
  readonly query: z.ZodObject | null;
  readonly body: z.ZodType | null;
  /** Media types of a body that the handler reads itself, for the document; null when it reads none. */
  readonly raw: readonly string[] | null;
  /** Parameters that may be any text; the others are ids. */
  readonly texts?: readonly string[] | undefined;
  readonly answers: Readonly<Record<number, Answer>>;
  /** What a 401 of this route adds to its challenge: where a client learns who gives credentials. */
  readonly challenge?: ((context: Context) => string | null) | undefined;
  /** How this route says that it refuses, for protocols that have a form of their own; null: as a problem document. */
  readonly refusal?: ((answer: Response, refusal: Refusal, context: Context) => Response | null) | undefined;
  readonly run: (call: RawCall) => Promise<Response> | Response;
}

export interface Answer {
  readonly description: string;
  readonly schema?: z.ZodType | undefined;
  readonly type?: string | undefined;
}

/** A request that passed the guard. */
export interface RawCall {
  readonly context: Context;
  readonly principal: Principal | null;
  readonly ip: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  readonly body: unknown;
}

export interface Call<Q, B> extends Omit<RawCall, 'query' | 'body' | 'principal'> {
  readonly principal: Principal;
  readonly query: Q;
  readonly body: B;
}

interface Spec<Q extends z.ZodObject, B extends z.ZodType> {
  readonly method: Route['method'];
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly query?: Q;
  readonly body?: B;
  readonly raw?: readonly string[];
  readonly texts?: Route['texts'];
  readonly answers: Route['answers'];
  readonly challenge?: Route['challenge'];
  readonly refusal?: Route['refusal'];
}

/** A route for callers with a credential. */
export function route<Q extends z.ZodObject, B extends z.ZodType>(
  spec: Spec<Q, B> & {
    readonly access: Permission | 'any' | 'report';
    readonly handle: (call: Call<z.output<Q>, z.output<B>>) => Promise<Response> | Response;
  },
): Route {
  const { handle, ...rest } = spec;
  return {
    query: null,
    body: null,
    raw: null,
    ...rest,
    run: (call) => {
      if (call.principal === null)
        throw new RefusedError({ code: 'auth_required', message: 'this route needs a credential' });
      return handle({ ...call, principal: call.principal, query: parsed(call.query), body: parsed(call.body) });
    },
  };
}

/** A route that may be called without a credential; `principal` is who called, if anybody is known. */
export function openRoute<Q extends z.ZodObject, B extends z.ZodType>(
  spec: Spec<Q, B> & {
    readonly access: 'live' | 'open' | 'panel' | 'slug' | 'metrics';
    readonly handle: (
      call: Omit<Call<z.output<Q>, z.output<B>>, 'principal'> & { readonly principal: Principal | null },
    ) => Promise<Response> | Response;
  },
): Route {
  const { handle, ...rest } = spec;
  return {
    query: null,
    body: null,
    raw: null,
    ...rest,
    run: (call) => handle({ ...call, query: parsed(call.query), body: parsed(call.body) }),
  };
}

/** Gives what `answer` parsed with the spec's own schemas its type back: the table holds routes of all types. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller's context chooses T.
function parsed<T>(value: unknown): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: `answer` parsed it with the schema that T comes from.
  return value as T;
}

export interface Mounted {
  readonly deps: HttpDeps;
  readonly rates: Rates;
  readonly routes: readonly Route[];
  readonly dashboard: Dashboard;
  /** What a host name of its own shows instead of the dashboard; null: nothing. */
  readonly byHost: (context: Context, host: string | null, ip: string) => Promise<Response> | null;
}

/** Mounts the table. Every route goes through the same guard, in the same order; there is no other way to a handler. */
export function mount(mounted: Mounted): Hono {
  const { deps, routes, dashboard, byHost } = mounted;
  const app = new Hono({ strict: true });
  for (const entry of routes) {
    app.on(entry.method, toHonoPath(entry.path), (context) => serveRoute(mounted, entry, context));
  }
  for (const [path, entries] of Map.groupBy(routes, (entry) => entry.path)) {
    const allow = [
      ...entries.map(({ method }) => method),
      ...(entries.some(({ method }) => method === 'GET') ? ['HEAD'] : []),
      'OPTIONS',
    ].join(', ');
    app.options(toHonoPath(path), (context) =>
      finish(
        deps,
        context,
        new Response(null, { status: 204, headers: { allow, 'access-control-allow-methods': allow } }),
      ),
    );
    app.all(toHonoPath(path), (context) =>
      finish(
        deps,
        context,
        problem({
          code: 'method_not_allowed',
          message: `${path} does not take ${context.req.method}`,
          expected: allow,
          headers: { allow },
        }),
      ),
    );
  }
  app.notFound(async (context) => {
    const isRead = context.req.method === 'GET' || context.req.method === 'HEAD';
    const own = isRead ? byHost(context, hostOf(deps, context), ipOf(deps, context)) : null;
    if (own !== null) return finish(deps, context, await own);
    const page = isRead
      ? await dashboard.answer(context.req.path, {
          accept: context.req.header('accept') ?? '',
          encodings: context.req.header('accept-encoding') ?? '',
          ifNoneMatch: context.req.header('if-none-match') ?? '',
        })
      : null;
    return finish(
      deps,
      context,
      page ?? problem({ code: 'not_found', message: 'there is nothing at this path; see /openapi.json' }),
    );
  });
  app.onError((error, context) => finish(deps, context, failed(deps, error, context)));
  return app;
}

/** JSON with the headers every data answer has. */
export function json(
  value: Json | object,
  init: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return jsonText(JSON.stringify(value), init);
}

export function jsonText(
  text: string,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
  });
}

/** The value, or the refusal as a thrown one: for handlers that have nothing to add. */
export function must<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value;
  throw new RefusedError(result);
}

async function serveRoute({ deps, rates }: Mounted, entry: Route, context: Context): Promise<Response> {
  const since = deps.clock.mono();
  const response = await answer(deps, rates, entry, context);
  deps.metrics.request({
    method: entry.method,
    route: entry.path,
    status: response.status,
    ms: deps.clock.mono() - since,
  });
  return finish(deps, context, response);
}

async function answer(deps: HttpDeps, rates: Rates, entry: Route, context: Context): Promise<Response> {
  const ip = ipOf(deps, context);
  const from: From = { ip, agent: agentOf(context), door: 'rest' };
  let call: AuditedCall = { entry, principal: null, from, params: {}, body: null };
  try {
    assertOneHost(rawHeadersOf(context));
    // Strangers are counted by address, callers by who they are.
    const principal = await guard(deps, rates, entry, context, from);
    const query = parseQuery(entry, context);
    const body =
      entry.body === null
        ? undefined
        : parseBody(entry.body, await readJson(context.req.raw, deps.limits, rawHeadersOf(context)));
    const params = paramsOf(entry, context);
    call = { ...call, principal, params, body };
    const response = await entry.run({ context, principal, ip, params, query, body });
    await auditCall(deps, call, response);
    return response;
  } catch (error) {
    // What a command refuses it has said itself; what the guard refuses too.
    if (error instanceof RefusedError) auditRefusal(deps, call, error.refusal);
    const answered = failed(deps, error, context);
    const refusal =
      error instanceof RefusedError ? error.refusal : { code: 'internal', message: 'the server made a mistake' };
    const more = answered.status === 401 ? (entry.challenge?.(context) ?? null) : null;
    if (more !== null)
      answered.headers.set('www-authenticate', `${answered.headers.get('www-authenticate') ?? 'Bearer'}, ${more}`);
    return entry.refusal?.(answered, refusal, context) ?? answered;
  }
}

/** Node keeps the first of several (RFC 9112, 3.2 wants a refusal); a proxy before us may have judged another one. */
function assertOneHost(rawHeaders: readonly string[]): void {
  const hosts = rawHeaders.filter((header, index) => index % 2 === 0 && header.toLowerCase() === 'host').length;
  if (hosts > 1) throw new RefusedError({ code: 'bad_request', message: `found ${hosts} Host headers, expected one` });
}

async function guard(
  deps: HttpDeps,
  rates: Rates,
  entry: Route,
  context: Context,
  from: From,
): Promise<Principal | null> {
  const { ip } = from;
  if (entry.access === 'live' || entry.access === 'panel') return null;
  const bearer = bearerOf(context);
  const cookie = context.req.header('cookie') ?? null;
  if (entry.access === 'open' || (entry.access === 'slug' && bearer === null)) {
    await rates.spend('ip', ip);
    return null;
  }
  if (entry.access === 'metrics' && bearer === null && deps.settings.metricsLoopback && isLoopback(context))
    return null;
  const result = await deps.authenticate({
    bearer,
    cookie,
    origin: context.req.header('origin') ?? null,
    host: hostOf(deps, context),
    isSafe: context.req.method === 'GET' || context.req.method === 'HEAD',
  });
  if (!result.ok) {
    await rates.spend('ip', ip);
    throw new RefusedError(result);
  }
  const principal: Principal = { ...inOrganization(deps, context, result.value), from };
  await rates.spend('principal', principal.id);
  const refused = refusalTo(principal, entry.access);
  if (refused !== null) {
    auditForbidden(deps, { entry, principal, from, params: {}, body: null });
    throw new RefusedError(refused);
  }
  return principal;
}

/**
 * A bearer of those who run the instance acts in the organization that the request names; everybody else has one, and naming
 * it changes nothing.
 */
function inOrganization(deps: HttpDeps, context: Context, principal: Principal): Principal {
  const org = context.req.header('statewire-organization');
  if (org === undefined || org === principal.org) return principal;
  if (!principal.isOperator || principal.kind === 'user')
    throw new RefusedError({
      code: 'forbidden',
      message: 'the header statewire-organization is for the bearer of those who run this instance',
      do:
        principal.kind === 'user'
          ? 'go there with POST /v1/session/organization'
          : 'leave it out: this credential belongs to one organization',
    });
  // Its audit log outlives an organization, for those who may read that of the instance.
  if (deps.ends.has(org) && can(principal, 'audit:read')) return { ...principal, org, permissions: ['audit:read'] };
  if (!deps.organizations.has(org))
    throw new RefusedError({
      code: 'not_found',
      message: `there is no organization ${JSON.stringify(org.slice(0, 64))}`,
      do: 'GET /v1/organizations lists them',
    });
  return { ...principal, org };
}

/** Why this caller may not call a route of this access, or null. */
function refusalTo(principal: Principal, access: Exclude<Access, 'live' | 'open' | 'panel'>): Refusal | null {
  if (access === 'any') return null;
  if (access === 'report' || access === 'slug') {
    if (canReport(principal)) return null;
    return {
      code: 'forbidden',
      message: 'this route needs a permission to report, and this credential has none',
      expected: 'a permission such as jobs:report',
      do: 'use a credential with the scope report, or ask for the permission',
    };
  }
  const needed: Permission = access === 'metrics' ? 'system:metrics' : access;
  if (can(principal, needed)) return null;
  return {
    code: 'forbidden',
    message: lacking(principal, needed),
    expected: needed,
    do: 'use a credential that has it, or ask an admin of the organization for a role that has it',
  };
}

function parseQuery(entry: Route, context: Context): unknown {
  if (entry.query === null) return {};
  const found: Record<string, string> = Object.create(null);
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length > 1)
      throw new RefusedError({
        code: 'bad_request',
        message: `query field ${name} is there ${values.length} times`,
        do: 'send it once',
      });
    found[name] = values[0] ?? '';
  }
  const parsed = entry.query.safeParse({ ...found });
  if (!parsed.success)
    throw new RefusedError({ ...refusalOf(parsed.error, 'query'), message: explain(parsed.error, found) });
  return parsed.data;
}

function parseBody(schema: z.ZodType, value: Json): unknown {
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new RefusedError({ ...refusalOf(parsed.error, 'body'), message: explain(parsed.error, value) });
  return parsed.data;
}

function paramsOf(entry: Route, context: Context): Readonly<Record<string, string>> {
  const names = [...entry.path.matchAll(/\{(\w+)\}/gu)].map((match) => match[1] ?? '');
  return Object.fromEntries(
    names.map((name) => {
      const value = context.req.param(name) ?? '';
      // No record can have such an id, so it is missing like any other: nothing is said about why.
      if (entry.texts?.includes(name) !== true && !/^[\w.:@~-]{1,200}$/u.test(value))
        throw new RefusedError({ code: 'not_found', message: `there is nothing with this ${name}` });
      return [name, value];
    }),
  );
}

/** The one place where what was thrown becomes an answer. A refusal says itself; anything else is our mistake and says nothing. */
function failed(deps: HttpDeps, error: unknown, context: Context): Response {
  if (error instanceof RefusedError && isCode(error.refusal.code)) return problem(error.refusal);
  if (isAborted(error)) return problem({ code: 'bad_request', message: 'the connection ended before the body did' });
  const id = randomUUID();
  deps.log.error({ err: error, id, method: context.req.method, path: context.req.routePath }, 'request failed');
  return problem({ code: 'internal', message: `the server made a mistake; its log has it under ${id}`, extra: { id } });
}

/** Headers that every answer carries, whoever made it. */
function finish(deps: HttpDeps, context: Context, response: Response): Response {
  const headers = response.headers;
  for (const [name, value] of securityHeaders) if (!headers.has(name)) headers.set(name, value);
  // The older header knows no list of who may frame a page; where the policy names some, it would forbid them.
  if (!headers.get('content-security-policy')?.includes("frame-ancestors 'none'")) headers.delete('x-frame-options');
  const origin = context.req.header('origin');
  headers.append('vary', 'Origin');
  // Only listed origins may read answers from elsewhere; never `*`, and never an origin because it asked.
  // Below /panels no cookie is read: what a page of another origin gets there is what its embed's token opens.
  // The same below /realtime/v1, where a key of the app stands in a header of its own.
  const isForAll = [PANELS_PATH, REALTIME_PATH].some((path) => context.req.path.startsWith(`${path}/`));
  if (origin !== undefined && (isForAll || deps.settings.origins.includes(origin))) {
    headers.set('access-control-allow-origin', origin);
    headers.set('access-control-allow-credentials', 'true');
    headers.set(
      'access-control-allow-headers',
      'authorization, apikey, content-type, if-match, if-none-match, idempotency-key, mcp-protocol-version, mcp-method, mcp-name, statewire-organization, statewire-why, x-client-info',
    );
    headers.set('access-control-expose-headers', 'etag, retry-after');
    headers.set('access-control-max-age', '600');
  }
  return response;
}

const securityHeaders: readonly (readonly [string, string])[] = [
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['x-frame-options', 'DENY'],
  ['cross-origin-resource-policy', 'same-origin'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
];

export function bearerOf(context: Context): string | null {
  const header = context.req.header('authorization');
  if (header === undefined) return null;
  const match = /^Bearer ([\x21-\x7e]+)$/iu.exec(header);
  if (match?.[1] === undefined)
    throw new RefusedError({
      code: 'auth_invalid',
      message: 'the Authorization header has another form',
      expected: 'Bearer <API key or token>',
    });
  return match[1];
}

/** What the caller's program calls itself. */
export function agentOf(context: Context): string {
  return (context.req.header('user-agent') ?? '').slice(0, 300);
}

export function hostOf(deps: HttpDeps, context: Context): string | null {
  const forwarded = deps.settings.trustProxy
    ? context.req.header('x-forwarded-host')?.split(',').at(-1)?.trim()
    : undefined;
  return forwarded ?? context.req.header('host') ?? null;
}

/** What @hono/node-server adds to a request; absent when a test calls the app directly. */
interface NodeBindings {
  readonly incoming?: {
    readonly rawHeaders: readonly string[];
    readonly socket: { readonly remoteAddress?: string | undefined };
  };
}

function bindingsOf(context: Context): NodeBindings {
  const env: unknown = context.env;
  return isBindings(env) ? env : {};
}

function isBindings(env: unknown): env is NodeBindings {
  return typeof env === 'object' && env !== null && 'incoming' in env;
}

/** Every header as it came, doubles included; empty when a test calls the app directly. */
export function rawHeadersOf(context: Context): readonly string[] {
  return bindingsOf(context).incoming?.rawHeaders ?? [];
}

function ipOf(deps: HttpDeps, context: Context): string {
  const direct = bindingsOf(context).incoming?.socket.remoteAddress ?? 'unknown';
  // The last entry is the one our own proxy wrote; everything before it is the caller's word.
  return deps.settings.trustProxy
    ? (context.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? direct)
    : direct;
}

/** A process of this machine, asking for this machine: a rebound name or a forwarded request is neither. */
function isLoopback(context: Context): boolean {
  const ip = bindingsOf(context).incoming?.socket.remoteAddress ?? '';
  const isLocal = ip === '127.0.0.1' || ip === '::1' || ip === '::ffff:127.0.0.1';
  return (
    isLocal && isLoopbackHost(context.req.header('host') ?? null) && context.req.header('x-forwarded-for') === undefined
  );
}

function toHonoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/gu, ':$1');
}

function isAborted(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'AbortError' ||
      ('code' in error && (error.code === 'ECONNRESET' || error.code === 'ERR_STREAM_PREMATURE_CLOSE')))
  );
}
