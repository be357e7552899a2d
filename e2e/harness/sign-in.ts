import type { BrowserContext } from 'playwright-core';
import type { TestServer } from './server.ts';

/** The admin of every end-to-end server. */
export const ADMIN = { email: 'ada@example.org', name: 'Ada', password: 'correct horse battery staple' } as const;

/** Signs a browser in as the admin: by the first-run link the first time, by password after that. */
export async function signIn(context: BrowserContext, server: TestServer): Promise<void> {
  const headers = { origin: server.url };
  const { email, name, password } = ADMIN;
  const again = await context.request.post(`${server.url}/v1/session`, { headers, data: { email, password } });
  if (again.ok()) return;
  // 401 is a server that does not know her yet. Anything else (429: too many sign-ins) is the answer, not the link's.
  if (again.status() !== 401) throw new Error(`the sign-in was refused: ${again.status()} ${await again.text()}`);
  // A server that was started again has printed another link, and the one before is over.
  const token = [...server.output.matchAll(/#\/welcome\/([\w-]+)/gu)].at(-1)?.[1];
  if (token === undefined) throw new Error(`the server printed no first-run link:\n${server.output}`);
  const first = await context.request.post(`${server.url}/v1/welcome`, {
    headers,
    data: { token, email, name, password },
  });
  if (!first.ok()) throw new Error(`the first-run link was refused: ${first.status()} ${await first.text()}`);
}

/** Signs a browser in as somebody new, who was invited with this role. */
export async function joinAs(
  context: BrowserContext,
  server: TestServer,
  role: string,
  who: string = role,
): Promise<void> {
  const email = `${who}@example.org`;
  const invited = await server.api('POST', '/v1/invites', { email, role });
  const token = /#\/welcome\/([\w-]+)/u.exec(JSON.stringify(invited.body))?.[1];
  if (token === undefined) throw new Error(`no invitation as ${role}: ${JSON.stringify(invited.body)}`);
  const joined = await context.request.post(`${server.url}/v1/welcome`, {
    headers: { origin: server.url },
    data: { token, email, name: `A ${who}`, password: ADMIN.password },
  });
  if (!joined.ok()) throw new Error(`the invitation was refused: ${joined.status()} ${await joined.text()}`);
}
