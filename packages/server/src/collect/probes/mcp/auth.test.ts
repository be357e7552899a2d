import { expect, test } from 'vitest';
import { json, send, startScripted } from '../../../testing/peers/faults.ts';
import { systemClock } from '../../../lib/clock.ts';
import { limits } from '../../../lib/limits.ts';
import { createEgress } from '../../egress/egress.ts';
import { authReading, resourceMetadata } from './auth.ts';

const FAULT = { code: 'needs_auth', message: 'The server asks for credentials.', status: 401 };

test.each([
  ['Bearer resource_metadata="https://a.example/meta", scope="x"', 'https://a.example/meta'],
  ['Bearer realm="x", Resource_Metadata = https://a.example/meta', 'https://a.example/meta'],
  ['Bearer realm="resource_metadata"', null],
  ['', null],
  [undefined, null],
  [`Bearer ${'x'.repeat(100_000)}`, null],
])('[AU1] %s', (challenge, url) => {
  expect(resourceMetadata(challenge)).toBe(url);
});

async function read(
  mode: 'public' | 'any',
  challenge: (port: number) => string | undefined,
  body: unknown,
): Promise<{ text: string; urls: string[] }> {
  const urls: string[] = [];
  const server = await startScripted(({ req, res }) => {
    urls.push(req.url ?? '');
    return typeof body === 'string' ? send(res, 200, body) : json(res, 200, body);
  });
  const deps = { clock: systemClock, limits, egress: createEgress({ mode, allow: [] }) };
  const fault = { ...FAULT, challenge: challenge(server.port) };
  const fact = await authReading(deps, new URL(server.url), fault, 500, 1_000);
  await server.close();
  expect(fact).toMatchObject({ v: 'warn', code: 'needs_auth' });
  return { text: fact.text, urls };
}

test('[AU2] without a hint the well-known places are tried, the path first', async () => {
  const { text, urls } = await read('any', () => undefined, {});
  expect(urls).toEqual(['/.well-known/oauth-protected-resource/mcp', '/.well-known/oauth-protected-resource']);
  expect(text).toBe('The server asks for credentials.');
});

test('[AU3] the metadata URL is hostile input: a private address is not fetched', async () => {
  const { text, urls } = await read('public', (port) => `Bearer resource_metadata="http://127.0.0.1:${port}/meta"`, {});
  expect(urls).toEqual([]);
  expect(text).toContain('cannot be read');
});

test.each([
  ['not json'],
  [{ authorization_servers: 'x' }],
  [{ authorization_servers: ['javascript:alert(1)'] }],
  [[1]],
  ['null'],
])('[AU4] metadata that is %j is the same as none', async (body) => {
  const { text } = await read('any', (port) => `Bearer resource_metadata="http://127.0.0.1:${port}/meta"`, body);
  expect(text).toContain('cannot be read');
});
