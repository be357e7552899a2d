import type { TestServer } from './server.ts';

/** Makes the first person of a server over REST; the Cookie header of their browser. */
export async function ownerOf(server: TestServer): Promise<string> {
  const token = [...server.output.matchAll(/#\/welcome\/([\w-]+)/gu)].at(-1)?.[1];
  const person = { token, email: 'owner@example.org', name: 'owner', password: 'correct horse battery staple' };
  const made = await server.api('POST', '/v1/welcome', person, { key: null, headers: { origin: server.url } });
  return made.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ');
}
