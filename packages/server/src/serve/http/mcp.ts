import type { Json } from '@statewire/protocol';
import type { Context } from 'hono';
import { z } from 'zod';
import { isOriginAllowed } from '../auth/origin.ts';
import { readJson } from './body.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import { hostOf, json, openRoute, rawHeadersOf, route, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

/** The path of the MCP endpoint. */
export const MCP_PATH = '/mcp';

const METADATA_PATH = '/.well-known/oauth-protected-resource';

/** The server as an MCP server over streamable HTTP, and where its clients learn who gives them tokens. */
export function mcpRoutes(deps: HttpDeps): readonly Route[] {
  const { mcp } = deps;
  if (mcp === null) return [];
  const { issuers } = deps.settings;
  return [
    ...(['POST', 'GET', 'DELETE'] as const).map((method) =>
      route({
        method,
        path: MCP_PATH,
        access: 'any',
        tag: 'mcp',
        summary: SUMMARIES[method],
        ...(method === 'POST' ? { raw: ['application/json'] } : {}),
        challenge: (context) =>
          issuers.length === 0 ? null : `resource_metadata="${originOf(deps, context)}${METADATA_PATH}${MCP_PATH}"`,
        answers: {
          ...answersOf('bad_request', 'too_large', 'too_many_subs'),
          200: { description: 'JSON-RPC messages', type: method === 'POST' ? 'application/json' : 'text/event-stream' },
        },
        handle: async ({ context, principal }) => {
          assertOrigin(deps, context);
          return mcp.serve(context.req.raw, principal, method === 'POST' ? await read(deps, context) : undefined);
        },
      }),
    ),
    ...(issuers.length === 0
      ? []
      : [METADATA_PATH, `${METADATA_PATH}${MCP_PATH}`].map((path) =>
          openRoute({
            method: 'GET',
            path,
            access: 'open',
            tag: 'mcp',
            summary: 'Which issuers give tokens for /mcp (RFC 9728)',
            answers: {
              200: {
                description: 'Protected resource metadata',
                schema: z.object({
                  resource: z.string(),
                  authorization_servers: z.array(z.string()),
                  bearer_methods_supported: z.array(z.string()),
                  resource_name: z.string(),
                }),
              },
            },
            handle: ({ context }) =>
              json({
                resource: `${originOf(deps, context)}${MCP_PATH}`,
                authorization_servers: issuers,
                bearer_methods_supported: ['header'],
                resource_name: 'Statewire',
              }),
          }),
        )),
  ];
}

const SUMMARIES = {
  POST: 'One MCP message; tools and resources by the rights of the credential',
  GET: 'Streams of the older era: there are none, the answer is 405',
  DELETE: 'Sessions of the older era: there are none, the answer is 405',
} as const;

function read(deps: HttpDeps, context: Context): Promise<Json> {
  const { mcpBodyBytesMax, jsonDepthMax } = deps.limits;
  return readJson(context.req.raw, { bodyBytesMax: mcpBodyBytesMax, jsonDepthMax }, rawHeadersOf(context));
}

/** Programs send no Origin; a page sends its own, and one that rebound its name to us is none of ours. */
function assertOrigin(deps: HttpDeps, context: Context): void {
  const origin = context.req.header('origin') ?? null;
  if (origin === null || isOriginAllowed({ origin, host: hostOf(deps, context) }, deps.settings)) return;
  throw new RefusedError({
    code: 'forbidden',
    message: 'a page of another origin asked',
    found: origin.slice(0, 200),
    expected: 'an origin of this server, or one that is listed under origins in the configuration',
  });
}

function originOf(deps: HttpDeps, context: Context): string {
  return deps.settings.publicUrl ?? `http://${hostOf(deps, context) ?? 'localhost'}`;
}
