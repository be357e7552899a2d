import { expect, test } from 'vitest';
import { guessOf } from './guess.ts';
import { readDraft } from './read.ts';

test.each([
  ['https://shop.example.com/health', 'http', 'https://shop.example.com/health'],
  ['https://tools.example.com/mcp', 'mcp', 'https://tools.example.com/mcp'],
  ['stdio:memory', 'mcp', 'stdio:memory'],
  ['http://llm:8000/v1', 'openai', 'http://llm:8000/v1'],
  ['https://a.example.com/.well-known/agent-card.json', 'a2a', 'https://a.example.com/.well-known/agent-card.json'],
  ['wss://shop.example.com/live', 'websocket', 'wss://shop.example.com/live'],
  ['postgres://probe:s%40crt@db.internal/shop', 'postgres', 'db.internal:5432'],
  ['rediss://cache:6380', 'redis', 'cache:6380'],
  ['mqtt://broker:80', 'mqtt', 'broker:80'],
  ['db.internal:5432', 'postgres', 'db.internal:5432'],
  ['db.internal:9000', 'tcp', 'db.internal:9000'],
  ['example.com', 'dns', 'example.com'],
  ['192.0.2.1', 'icmp', '192.0.2.1'],
])('%s is watched as %s', (pasted, kind, target) => {
  const draft = guessOf(pasted);
  expect(draft).toMatchObject({ kind, target });
  expect(readDraft(draft)).toMatchObject({ ok: true });
});

test('the login in a URL goes to its own fields, out of the target', () => {
  expect(guessOf('postgres://probe:s%40crt@db.internal/shop')).toMatchObject({
    password: 's@crt',
    probe: { user: 'probe', database: 'shop' },
  });
});

test('what nobody can read is left as it is, for the form to say what is wrong', () => {
  expect(guessOf('http://[')).toMatchObject({ target: 'http://[' });
  expect(readDraft(guessOf('what is this')).ok).toBe(false);
});
