import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeCollection, type Collection } from './define.ts';

const sound: Collection = {
  name: 'widgets',
  kind: 'plain',
  row: z.object({}),
  create: z.object({}),
  patch: z.object({}),
  report: null,
  fields: ['id', 'org', 'version', 'createdAt', 'updatedAt', 'labels', 'source', 'size'],
  access: { read: 'read', write: 'admin' },
  owns: { api: ['size'], report: [] },
};

test('a sound collection is returned as it is and cannot be changed', () => {
  const described = describeCollection(sound);
  expect(described).toEqual({ ...sound, access: { ...sound.access, of: sound.name } });
  expect(Object.isFrozen(described) && Object.isFrozen(described.access)).toBe(true);
});

test.each([
  ['a record without its envelope', { fields: ['id', 'size'] }, /field org is missing/],
  ['an owned field that does not exist', { owns: { api: ['colour'], report: [] } }, /owned field colour/],
  ['a reported field that does not exist', { owns: { api: [], report: ['colour'] } }, /owned field colour/],
  ['a name that fits no path', { name: 'my/widgets' }, /collection name "my\/widgets"/],
  ['a name in capitals', { name: 'Widgets' }, /collection name/],
])('%s is refused at load', (_, wrong, message) => {
  expect(() => describeCollection({ ...sound, ...wrong })).toThrow(message);
});
