import { expect, test } from 'vitest';
import { type Draft, emptyDraft, readDraft } from './form.ts';

const draft = (fields: Partial<Draft>): Draft => ({
  ...emptyDraft,
  name: 'Search',
  target: 'https://s.example/mcp',
  ...fields,
});
const errorsOf = (fields: Partial<Draft>): unknown => {
  const read = readDraft(draft(fields));
  return read.ok ? {} : read.errors;
};

test('a form becomes the body the server takes, in its units', () => {
  const read = readDraft(
    draft({ labels: 'env=prod\n\nteam = search', interval: '1.5', canaryTool: 'ping', canaryArgs: '{"a":1}' }),
  );
  expect(read).toMatchObject({
    ok: true,
    body: {
      name: 'Search',
      kind: 'mcp',
      target: 'https://s.example/mcp',
      labels: { env: 'prod', team: 'search' },
      check: { intervalMs: 1500, timeoutMs: 10_000, canary: { tool: 'ping', args: { a: 1 } } },
    },
  });
});

test('a kind says only what it has', () => {
  const tcp = readDraft(draft({ kind: 'tcp', target: 'db:5432', canaryTool: 'left over' }));
  expect(tcp.ok && Object.keys(tcp.body.check ?? {}).sort()).toEqual([
    'degradedMs',
    'failAfter',
    'intervalMs',
    'recoverAfter',
    'timeoutMs',
  ]);
  const beat = readDraft(draft({ kind: 'heartbeat', target: '', interval: '60' }));
  expect(beat.ok && beat.body).toMatchObject({ kind: 'heartbeat', check: { intervalMs: 60_000 } });
  expect(beat.ok && 'target' in beat.body).toBe(false);
});

test('what is wrong is said at its own field', () => {
  expect(errorsOf({ name: '  ' })).toHaveProperty('name');
  expect(errorsOf({ target: 'ftp://x' })).toHaveProperty('target');
  expect(errorsOf({ interval: '0.2' })).toEqual({ interval: 'Between 1 second and 31 days.' });
  expect(errorsOf({ interval: 'often' })).toHaveProperty('interval');
  expect(errorsOf({ failAfter: '' })).toHaveProperty('failAfter');
  expect(errorsOf({ labels: 'no separator' })).toEqual({ labels: 'Line 1: expected key=value.' });
  expect(errorsOf({ canaryTool: 'x', canaryArgs: '[1]' })).toHaveProperty('canaryArgs');
  expect(errorsOf({ canaryTool: 'x', canaryArgs: '{' })).toEqual({ canaryArgs: 'This is not JSON yet.' });
  expect(errorsOf({ kind: 'http', expectStatus: '2xx' })).toHaveProperty('expectStatus');
  expect(errorsOf({ headers: 'Host: evil' })).toHaveProperty('headers');
  expect(errorsOf({ id: 'with space' })).toHaveProperty('id');
});

test('a mended form is accepted', () => {
  expect(errorsOf({ interval: '0.2' })).not.toEqual({});
  expect(errorsOf({ interval: '2' })).toEqual({});
});
