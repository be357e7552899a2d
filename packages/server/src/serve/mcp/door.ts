/**
 * `/mcp`: the server as an MCP server, so that an agent can ask what is down. Every request is answered by a fresh surface for
 * its caller and nothing is remembered between two of them, in both eras of the protocol. The one thing that lasts is a
 * listening stream (modern era): it is told of records that changed, at most once a second each, and ends when its credential
 * does.
 */
import type { McpHttpHandler, ServerEvent, ServerEventBus } from '@modelcontextprotocol/server';
import type { Json } from '@statewire/protocol';
import { z } from 'zod';
import type { Committed } from '../../keep/commit-types.ts';
import type { Timer } from '../../lib/clock.ts';
import { isTheirs } from '../../lib/own.ts';
import type { Principal } from '../../lib/principal.ts';
import { RefusedError } from '../http/problem.ts';
import { Desk, SUBJECTS, type McpDeps } from './desk.ts';
import { uriOf } from './resources.ts';
import { surface, type Sdk } from './surface.ts';

export class McpDoor {
  readonly #deps: McpDeps;
  readonly #listening = new Set<Listening>();
  #sdk: Promise<Sdk> | null = null;

  constructor(deps: McpDeps) {
    this.#deps = deps;
  }

  /** Streams that are open now. */
  get listening(): number {
    return this.#listening.size;
  }

  /** One request of a caller that the guard let in; `body` is what it parsed, undefined where there is none. */
  async serve(request: Request, principal: Principal, body: Json | undefined): Promise<Response> {
    const uris = this.#wanted(body);
    const listening = new Listening(this.#deps, principal, uris ?? [], (each) => this.#listening.delete(each));
    if (uris !== null) {
      this.#assertRoom(principal);
      // Counted before it is there: many that come at once find the places taken.
      this.#listening.add(listening);
    }
    try {
      return await this.#answer(request, listening, body);
    } finally {
      if (!listening.isOpen) this.#listening.delete(listening);
    }
  }

  async #answer(request: Request, listening: Listening, body: Json | undefined): Promise<Response> {
    const { principal } = listening;
    const sdk = await (this.#sdk ??= import('@modelcontextprotocol/server'));
    const handler = sdk.createMcpHandler(({ era }) => surface(sdk, new Desk(this.#deps, principal), era), {
      bus: listening,
      maxSubscriptions: 1,
      onerror: (error) => this.#deps.log.info({ err: error }, 'a request of /mcp was refused'),
    });
    listening.handler = handler;
    return handler.fetch(request, body === undefined ? {} : { parsedBody: body });
  }

  /** Follows one durable transaction. */
  follow(committed: Committed): void {
    for (const each of this.#listening) each.follow(committed);
  }

  /** What this credential may has changed: its streams end, and are judged anew when they come back. Null: everybody's. */
  revise(principalId: string | null): void {
    for (const each of this.#listening) if (principalId === null || each.principal.id === principalId) each.end();
  }

  /** An organization is over: whoever listens there hears no more. */
  end(org: string): void {
    for (const each of this.#listening) if (each.principal.org === org) each.end();
  }

  close(): void {
    this.revise(null);
  }

  /** The resources that a listening stream names; null when it is another request. */
  #wanted(body: Json | undefined): readonly string[] | null {
    const asked = listenSchema.safeParse(body);
    if (!asked.success) return null;
    const { notifications } = asked.data.params;
    const uris = notifications.resourceSubscriptions;
    const max = this.#deps.limits.mcpUrisPerListenMax;
    if (uris.length > max)
      throw new RefusedError({
        code: 'too_large',
        message: `found ${uris.length} resources to listen to, expected at most ${max}`,
        do: 'name fewer of them',
      });
    return uris;
  }

  #assertRoom({ id }: Principal): void {
    const { mcpListensMax, mcpListensPerPrincipalMax } = this.#deps.limits;
    const own = Array.from(this.#listening).filter(({ principal }) => principal.id === id).length;
    if (own < mcpListensPerPrincipalMax && this.#listening.size < mcpListensMax) return;
    throw new RefusedError({
      code: 'too_many_subs',
      message: `${own} streams of this credential listen already, at most ${mcpListensPerPrincipalMax} may`,
      do: 'end one of them first; one stream may name many resources',
    });
  }
}

/** The stream of one caller, as the bus of a handler of its own: nobody else's events pass through it. */
class Listening implements ServerEventBus {
  readonly principal: Principal;
  handler: McpHttpHandler | null = null;
  readonly #deps: McpDeps;
  readonly #uris: ReadonlySet<string>;
  readonly #onEnd: (self: Listening) => void;
  readonly #marked = new Set<string>();
  #tell: ((event: ServerEvent) => void) | null = null;
  #flush: Timer | null = null;
  #end: Timer | null = null;
  #isListChanged = false;

  constructor(deps: McpDeps, principal: Principal, uris: readonly string[], onEnd: (self: Listening) => void) {
    this.#deps = deps;
    this.principal = principal;
    this.#uris = new Set(uris);
    this.#onEnd = onEnd;
  }

  get isOpen(): boolean {
    return this.#tell !== null;
  }

  publish(event: ServerEvent): void {
    this.#tell?.(event);
  }

  subscribe(listener: (event: ServerEvent) => void): () => void {
    const { clock, limits } = this.#deps;
    this.#tell = listener;
    const left = (this.principal.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now();
    this.#end = clock.after(Math.max(0, Math.min(left, limits.mcpListenMsMax)), () => this.end());
    return () => {
      this.#tell = null;
      this.#flush?.cancel();
      this.#end?.cancel();
      this.#onEnd(this);
    };
  }

  follow({ org, changes }: Committed): void {
    if (org !== this.principal.org) return;
    for (const { collection, id, before, after } of changes) {
      if (!NAMES.has(collection)) continue;
      const uri = uriOf(collection, id);
      const isMoved = before === null || after === null;
      if (!isMoved && !this.#uris.has(uri)) continue;
      if (!this.#sees(collection, before) && !this.#sees(collection, after)) continue;
      if (this.#uris.has(uri)) this.#marked.add(uri);
      this.#isListChanged ||= isMoved;
    }
    if (this.#marked.size > 0 || this.#isListChanged)
      this.#flush ??= this.#deps.clock.after(this.#deps.limits.mcpTellMs, () => {
        this.#flush = null;
        const uris = [...this.#marked];
        this.#marked.clear();
        for (const uri of uris) this.publish({ kind: 'resource_updated', uri });
        if (this.#isListChanged) this.publish({ kind: 'resources_list_changed' });
        this.#isListChanged = false;
      });
  }

  end(): void {
    void this.handler?.close();
  }

  #sees(collection: string, row: Committed['changes'][number]['after']): boolean {
    const found = this.#deps.collections[collection];
    return (
      row !== null &&
      found !== undefined &&
      new Desk(this.#deps, this.principal).mayRead(collection) &&
      isTheirs(this.principal, found.access, row)
    );
  }
}

const NAMES: ReadonlySet<string> = new Set(SUBJECTS);

/** A request to listen, as far as it concerns the door; the library reads the rest. */
const listenSchema = z.object({
  method: z.literal('subscriptions/listen'),
  params: z
    .object({
      notifications: z
        .object({ resourceSubscriptions: z.array(z.string()).catch([]) })
        .catch({ resourceSubscriptions: [] }),
    })
    .catch({ notifications: { resourceSubscriptions: [] } }),
});
