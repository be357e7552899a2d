import { expect, test } from 'vitest';
import { changedOf, copyOf, fieldsOf, flawsOf, type MessageFields, NEW, valuesOf } from './fields.ts';

const NOW = 1_790_000_000_000;
const written: MessageFields = { ...NEW, title: 'Payments are slow' };

test('[MS9] each flaw is said at its field, and what is put right is not said any more', () => {
  const at = (typed: Partial<MessageFields>, goesOutAt: number | null = null): object =>
    flawsOf({ ...written, ...typed }, goesOutAt);
  expect(at({})).toEqual({});
  expect(at({ title: '  ' })).toEqual({ title: 'Say in a few words what it is about' });
  expect(Object.keys(at({ title: 'x'.repeat(201), body: 'x'.repeat(10_001) }))).toEqual(['title', 'body']);
  expect(at({ body: 'a\u0000b' })).toEqual({ body: 'Expected text without control characters' });
  expect(Object.keys(at({ link: { text: 'More', url: 'javascript:alert(1)' } }))).toEqual(['linkUrl']);
  expect(Object.keys(at({ link: { text: 'More', url: '//evil.example' } }))).toEqual(['linkUrl']);
  expect(at({ link: { text: '', url: '/help' } })).toEqual({ linkText: 'Say where it leads' });
  expect(at({ link: { text: 'More', url: '/help' } })).toEqual({});
  expect(at({ audience: 'customers', customers: [] })).toEqual({
    customers: 'Name a customer, or choose all of them',
  });
  expect(Object.keys(at({ audience: 'everyone', customers: ['acme'] }))).toEqual(['customers']);
  expect(at({ startsAt: NOW + 2, endsAt: NOW + 1 })).toEqual({ endsAt: 'It ends before it begins' });
});

test('[MS9] an end that lies behind is a flaw of what goes out now, and none of a draft', () => {
  const late = { ...written, endsAt: NOW - 1 };
  expect(flawsOf(late, null)).toEqual({});
  expect(flawsOf(late, NOW)).toEqual({ endsAt: 'This lies behind: choose a time ahead' });
  expect(flawsOf({ ...late, endsAt: NOW + 1 }, NOW)).toEqual({});
});

test('what is sent is what the server takes: trimmed, and no link where both parts are empty', () => {
  expect(valuesOf({ title: ' Late ', link: { text: ' ', url: '' }, customers: null })).toEqual({
    title: 'Late',
    link: null,
    customers: null,
  });
  expect(valuesOf({ link: { text: 'More ', url: ' /help' } })).toEqual({ link: { text: 'More', url: '/help' } });
});

test('only what says something else than it said is changed', () => {
  const was = { title: 'Late', link: null, customers: ['acme'] };
  expect(changedOf({ title: 'Late ', link: NEW.link, customers: ['acme'] }, was)).toEqual({});
  expect(changedOf({ title: 'Later', customers: ['acme', 'beta'] }, was)).toEqual({
    title: 'Later',
    customers: ['acme', 'beta'],
  });
});

test('a copy says the same to the same readers, at no time yet', () => {
  const row = { ...written, link: { text: 'More', url: '/help' }, startsAt: NOW, endsAt: NOW + 1 };
  expect(copyOf(row)).toEqual({ ...fieldsOf(row), startsAt: null, endsAt: null });
  expect(fieldsOf({ ...row, link: null }).link).toEqual({ text: '', url: '' });
});
