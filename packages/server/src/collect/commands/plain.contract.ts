/** What every plain collection does alike, ours and the app's: one list of behaviours, run over each. */
import type { AnyDefinition } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { caller, openDesk, type Desk } from '../../testing/desk.ts';
import type { Mutation } from './command.ts';

export interface PlainCase {
  readonly collection: string;
  readonly definitions?: readonly AnyDefinition[];
  /** A sound body, without id. */
  readonly body: JsonObject;
  /** Two changes of one field, and one of another. */
  readonly changes: readonly [JsonObject, JsonObject, JsonObject];
  /** A body that does not fit, and the field that is named. */
  readonly unfit: readonly [JsonObject, string];
}

export function plainContract(rules: string, plain: PlainCase): void {
  const { collection, body, changes, unfit } = plain;
  const admin = caller(['admin']);
  const open = (): Promise<Desk> => openDesk({ collections: plain.definitions });
  const send = (desk: Desk, mutation: Omit<Mutation, 'collection' | 'id'> & { readonly id?: string }, who = admin) =>
    desk.commands.mutate(who, { collection, id: 'one', ...mutation });

  test(`${rules} ${collection}: what was made is there with its envelope, and a second of its id is refused`, async () => {
    const desk = await open();
    expect(await send(desk, { op: 'create', fields: body })).toMatchObject({
      ok: true,
      value: { value: { id: 'one' } },
    });
    const row = desk.row(collection, 'one');
    expect(row).toMatchObject({ ...body, id: 'one', org: 'main', version: 1, labels: {}, createdAt: desk.clock.now() });
    expect(await send(desk, { op: 'create', fields: body })).toMatchObject({ ok: false, code: 'exists' });
    const made = await send(desk, { op: 'create', id: '', fields: body });
    expect(made.ok && desk.row(collection, made.value.value.id)).toMatchObject(body);
    await desk.close();
  });

  test(`${rules} ${collection}: what does not fit is refused with its field, and nothing is written`, async () => {
    const desk = await open();
    const [wrong, field] = unfit;
    const refused = await send(desk, { op: 'create', fields: wrong });
    expect(refused).toMatchObject({ ok: false, code: 'bad_field' });
    expect(refused.ok ? '' : refused.message).toContain(field);
    for (const more of [{ nosuch: 1 }, { version: 3 }, { org: 'other' }, { createdAt: 1 }]) {
      expect(await send(desk, { op: 'create', fields: { ...body, ...more } })).toMatchObject({ code: 'bad_field' });
    }
    expect(await send(desk, { op: 'create', id: '../x', fields: body })).toMatchObject({ code: 'bad_field' });
    expect(desk.committed).toEqual([]);
    await desk.close();
  });

  test(`${rules} ${collection}: a change conflicts only where both touched a field; If-Match asks that nothing moved`, async () => {
    const desk = await open();
    await send(desk, { op: 'create', fields: body });
    const base = desk.row(collection, 'one')?.version ?? 0;
    const [first, second, other] = changes;
    expect(await send(desk, { op: 'patch', fields: first, base })).toMatchObject({ ok: true });
    expect(await send(desk, { op: 'patch', fields: other, base })).toMatchObject({ ok: true });
    const lost = await send(desk, { op: 'patch', fields: second, base });
    expect(lost).toMatchObject({ ok: false, code: 'conflict', fields: Object.keys(second), current: first });
    expect(await send(desk, { op: 'patch', fields: second, ifVersion: base })).toMatchObject({ code: 'precondition' });
    expect(await send(desk, { op: 'del', ifVersion: base })).toMatchObject({ code: 'precondition' });
    expect(desk.row(collection, 'one')).toMatchObject({ ...first, ...other });
    await desk.close();
  });

  test(`${rules} ${collection}: a repeat with the same key is answered and not repeated`, async () => {
    const desk = await open();
    const once = await send(desk, { op: 'create', id: '', fields: body, key: 'k-1' });
    const again = await send(desk, { op: 'create', id: '', fields: body, key: 'k-1' });
    expect(again).toEqual(once);
    expect(desk.committed).toHaveLength(1);
    await desk.close();
  });

  test(`${rules} ${collection}: deleted is gone, and what is not there is refused alike by every door`, async () => {
    const desk = await open();
    await send(desk, { op: 'create', fields: body });
    expect(await send(desk, { op: 'del' })).toMatchObject({ ok: true });
    expect(desk.row(collection, 'one')).toBeNull();
    for (const mutation of [{ op: 'del' as const }, { op: 'patch' as const, fields: changes[0] }]) {
      expect(await send(desk, mutation)).toMatchObject({ code: 'not_found', message: `there is no ${collection}/one` });
    }
    expect(await send(desk, { op: 'call', name: 'nosuch' })).toMatchObject({ code: 'unsupported' });
    await desk.close();
  });

  test(`${rules} ${collection}: one organization's record is no other's, also under the same id`, async () => {
    const desk = await open();
    const other = caller(['admin'], { org: 'other' });
    await send(desk, { op: 'create', fields: body });
    expect(await send(desk, { op: 'patch', fields: changes[0] }, other)).toMatchObject({ code: 'not_found' });
    expect(await send(desk, { op: 'del' }, other)).toMatchObject({ code: 'not_found' });
    expect(await send(desk, { op: 'create', fields: body }, other)).toMatchObject({ ok: true });
    expect(await send(desk, { op: 'del' }, other)).toMatchObject({ ok: true });
    expect(desk.row(collection, 'one')).toMatchObject(body);
    await desk.close();
  });

  test(`${rules} ${collection}: who may only read or report writes nothing`, async () => {
    const desk = await open();
    await send(desk, { op: 'create', fields: body });
    for (const who of [caller(['read']), caller(['report']), caller([])]) {
      expect(await send(desk, { op: 'create', id: 'two', fields: body }, who)).toMatchObject({ code: 'forbidden' });
      expect(await send(desk, { op: 'patch', fields: changes[0] }, who)).toMatchObject({ code: 'forbidden' });
      expect(await send(desk, { op: 'del' }, who)).toMatchObject({ code: 'forbidden' });
    }
    expect(desk.committed).toHaveLength(1);
    await desk.close();
  });
}
