import { expect, test } from 'vitest';
import { proveRule, shippedRules } from './shipped.ts';

test('[AL4] shipped rules are proven by their own vectors, and each says both yes and something else', () => {
  expect(shippedRules.length).toBeGreaterThanOrEqual(15);
  for (const document of shippedRules) {
    expect(proveRule(document), document.id).toMatchObject({ ok: true });
    const said = new Set(document.vectors.map(({ says }) => says));
    expect(said.has('true') && said.size >= 2, document.id).toBe(true);
  }
});

test('[AL4] on from the start: facts, not guesses about numbers', () => {
  const on = shippedRules.filter(({ rule }) => rule.isEnabled ?? true).map(({ id }) => id);
  expect(on).toEqual(['down', 'degraded', 'heartbeat', 'job-lost', 'tools', 'certificate', 'flapping', 'own-fault']);
});

test('[AL4] a rule that fails a vector is refused with the vector', () => {
  const [first] = shippedRules;
  if (first === undefined) throw new Error('no rules');
  expect(proveRule({ ...first, vectors: [{ row: { status: 'up' }, says: 'true' }] })).toMatchObject({
    ok: false,
    message: expect.stringContaining('vector 0 says false'),
  });
  expect(proveRule({ ...first, vectors: [] })).toMatchObject({ ok: false });
});
