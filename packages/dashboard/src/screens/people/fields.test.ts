import { expect, test } from 'vitest';
import { changedOf, formFields, typedOf, valueOf } from './fields.ts';

const row = {
  name: 'Acme',
  status: 'trial',
  tags: ['a', 'b'],
  labels: { tier: 'gold' },
  owner: null,
  notes: 'one\ntwo',
};

test('what stands in a field is what its record says, and reads back as it', () => {
  for (const [name, value] of Object.entries(row)) {
    const field = formFields.customers.find((each) => each.name === name);
    expect(field && valueOf(field, typedOf(field, value))).toEqual(value);
  }
});

test('only what was typed anew is changed', () => {
  const typed = { name: 'Acme ', tags: 'a, b', labels: 'tier = silver\nnew', owner: '', notes: 'one\ntwo' };
  expect(changedOf(formFields.customers, typed, row)).toEqual({ name: 'Acme', labels: { tier: 'silver', new: '' } });
  expect(changedOf(formFields.customers, {}, row)).toEqual({});
});
