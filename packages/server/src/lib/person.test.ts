import { isRecordId } from '@statewire/protocol';
import { expect, test } from 'vitest';
import { isTheirs, ownFilter } from './own.ts';
import { personKey } from './person.ts';

test('[IB1] a person’s records are kept under an id that fits, and no two people share one', () => {
  const people = [
    'ana',
    'https://issuer.example|42',
    'https://issuer.example|43',
    personKey('https://issuer.example|42'),
    'ü',
    '',
  ];
  const keys = people.map(personKey);
  expect(new Set(keys).size).toBe(people.length);
  for (const key of keys) expect(isRecordId(key), key).toBe(true);
  expect(personKey('ana')).toBe('ana');
});

test('[IB1] what has an owner is the owner’s alone; what has none is everybody’s', () => {
  expect(ownFilter({ id: 'ana' }, {})).toBeNull();
  expect(isTheirs({ id: 'ana' }, {}, { person: 'ben' })).toBe(true);
  expect(isTheirs({ id: 'ana' }, { own: 'person' }, { person: 'ana' })).toBe(true);
  for (const row of [{ person: 'ben' }, { person: null }, {}, { person: ['ana'] }]) {
    expect(isTheirs({ id: 'ana' }, { own: 'person' }, row)).toBe(false);
  }
});
