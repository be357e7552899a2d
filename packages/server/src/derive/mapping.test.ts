import { expect, test } from 'vitest';
import { loadMapping, Mappings, present, type MappingDocument } from './mapping.ts';
import { shippedMappings } from './mappings/shipped.ts';
import { upWords } from './mappings/words.ts';

test.each(shippedMappings.ids)('[DE19] the shipped document %s passes its own vectors', (id) => {
  const document = shippedMappings.get(id);
  expect(loadMapping(document)).toMatchObject({ ok: true, value: { id } });
  expect(document?.vectors.length).toBeGreaterThan(3);
});

test('[DE19] the vocabularies of the seeds and of the run sources are shipped', () => {
  expect([...shippedMappings.ids].sort()).toEqual([
    'a2a',
    'ag-ui',
    'agent-words',
    'bullmq',
    'dtma',
    'health-words',
    'langgraph',
    'link-words',
    'mcp-tasks',
    'n8n',
    'openai',
    'temporal',
    'trigger-dev',
    'up-words',
  ]);
});

test.each([
  ['health-words', 'warning', { health: 'degraded' }],
  ['up-words', 'DOWN', { health: 'unhealthy' }],
  ['link-words', 'error', { health: 'unhealthy', phase: 'failed' }],
  ['bullmq', 'waiting-children', { state: 'waiting_dependency' }],
  ['temporal', 'TERMINATED', { state: 'canceled', reason: { code: 'terminated' } }],
  ['openai', 'cancelling', { state: 'running', cancelRequested: true }],
  ['a2a', 'TASK_STATE_INPUT_REQUIRED', { state: 'waiting_input' }],
  ['trigger-dev', 'CRASHED', { state: 'lost' }],
])('[DE19] %s: %s', (id, code, expected) => {
  expect(shippedMappings.normalize(id, { code })).toMatchObject({ ok: true, value: expected });
});

test('[DE19] a running toolbox whose heartbeat is old is unknown, not healthy', () => {
  expect(shippedMappings.normalize('dtma', { code: 'running', ageMs: 89_999 })).toMatchObject({
    value: { health: 'healthy' },
  });
  expect(shippedMappings.normalize('dtma', { code: 'running', ageMs: 90_000 })).toMatchObject({
    value: { health: 'unknown' },
  });
});

test('[DE19] a word nobody knows is unknown, and never ends a run', () => {
  expect(shippedMappings.normalize('up-words', { code: 'constructor' })).toMatchObject({
    value: { health: 'unknown' },
  });
  expect(shippedMappings.normalize('langgraph', { code: 'exploded' })).toEqual({ ok: true, value: {} });
  expect(shippedMappings.normalize('klingon', { code: 'up' })).toMatchObject({ ok: false, code: 'bad_field' });
});

test('[DE19] a bad document is refused with the vector that failed, and the previous one stays in force', () => {
  const bad: MappingDocument = {
    ...upWords,
    version: 2,
    match: [],
    vectors: [{ in: { code: 'up' }, out: { health: 'healthy' } }],
  };
  const loaded = shippedMappings.load(bad);
  expect(loaded).toMatchObject({ ok: false, code: 'bad_field' });
  expect(loaded.ok ? '' : loaded.message).toContain('mapping up-words: vector 0 {"code":"up"} gives');
  expect(shippedMappings.get('up-words')?.version).toBe(1);
  const good = shippedMappings.load({ ...upWords, version: 2 });
  expect(good.ok && good.value.get('up-words')?.version).toBe(2);
  expect(shippedMappings.get('up-words')?.version).toBe(1);
});

test.each([
  ['no vectors', { ...upWords, vectors: [] }],
  ['an unknown field', { ...upWords, code: 'process.exit()' }],
  ['a health that does not exist', { ...upWords, default: { health: 'fine' } }],
  ['not an object', 'up'],
  ['nothing', null],
])('[DE19] %s is refused', (_, raw) => {
  expect(loadMapping(raw)).toMatchObject({ ok: false, code: 'bad_field' });
});

test('[DE19] our word is shown as the audience knows it, or as it is', () => {
  expect(present(upWords, 'app', 'pending')).toBe('down');
  expect(present(upWords, 'nobody', 'pending')).toBe('pending');
  expect(present(upWords, 'app', 'toString')).toBe('toString');
  expect(new Mappings().ids).toEqual([]);
});
