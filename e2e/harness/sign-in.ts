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
