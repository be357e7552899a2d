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
  for (const field of formFields.customers) {
    if (field.name in row)
      expect(valueOf(field, typedOf(field, row[field.name as keyof typeof row]))).toEqual(
        row[field.name as keyof typeof row],
      );
  }
});

test('only what was typed anew is changed', () => {
  const typed = { name: 'Acme ', tags: 'a, b', labels: 'tier = silver\nnew', owner: '', notes: 'one\ntwo' };
  expect(changedOf(formFields.customers, typed, row)).toEqual({ name: 'Acme', labels: { tier: 'silver', new: '' } });
  expect(changedOf(formFields.customers, {}, row)).toEqual({});
});
