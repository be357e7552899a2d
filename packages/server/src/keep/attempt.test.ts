/** A part of a transaction that fails by itself. */
import { ok, refuse } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { openDesk } from '../testing/desk.ts';

test('[CM21] a part that is refused leaves nothing behind, and the rest of its transaction is written', async () => {
  const desk = await openDesk();
  await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put('metrics', 'old', { subject: 'old', values: { n: 1 } });
    return ok(null);
  });
  const written = await desk.keep.commit.write('main', 'test', (draft) => {
    draft.put('metrics', 'before', { subject: 'before', values: { n: 1 } });
    const refused = draft.attempt(() => {
      draft.put('metrics', 'new', { subject: 'new', values: {} });
      draft.put('metrics', 'old', { subject: 'old', values: { n: 2 } });
      draft.put('metrics', 'before', { subject: 'before', values: { n: 2 } });
      draft.delete('metrics', 'old');
      draft.document('test', 'left', { a: 1 });
      expect(draft.get('metrics', 'old')).toBeNull();
      return refuse('precondition', 'not today');
    });
    expect(refused).toMatchObject({ ok: false, code: 'precondition' });
    expect([draft.get('metrics', 'new'), draft.get('metrics', 'old')]).toMatchObject([null, { values: { n: 1 } }]);
    // What a write itself refuses is a refusal of its part, too.
    expect(draft.attempt(() => ok(draft.put('metrics', '../x', {})))).toMatchObject({ code: 'bad_field' });
    expect(draft.attempt(() => ok(draft.put('metrics', 'after', { subject: 'after', values: {} })))).toMatchObject({
      ok: true,
    });
    return ok(null);
  });
  expect(written).toMatchObject({ ok: true, value: { version: 2 } });
  expect(
    desk.committed
      .at(-1)
      ?.changes.map(({ id }) => id)
      .sort(),
  ).toEqual(['after', 'before']);
  expect(desk.row('metrics', 'before')).toMatchObject({ values: { n: 1 } });
  expect(await desk.store.document('test', 'main', 'left')).toBeNull();
  await desk.close();
});
