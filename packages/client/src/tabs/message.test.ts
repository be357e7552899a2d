import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Collected, Numbered, PART_MAX, readGossip, readNote, type Note } from './message.ts';

type Part = Extract<Note, { k: 'text' }>;

function parts(notes: readonly Note[]): readonly Part[] {
  return notes.filter((note): note is Part => note.k === 'text');
}

test('[TB9] what a line says arrives whole and in order, whatever its length', () => {
  const out = new Numbered();
  const into = new Collected();
  for (const length of [0, 1, PART_MAX - 1, PART_MAX, PART_MAX + 1, 3 * PART_MAX + 7]) {
    const text = 'x'.repeat(length);
    const said = parts(out.parts('l', text));
    expect(said.every((part) => part.text.length <= PART_MAX)).toBe(true);
    const taken = said.map((part) => into.take(part));
    expect(taken.slice(0, -1).every(({ is }) => is === 'waiting')).toBe(true);
    expect(taken.at(-1)).toEqual({ is: 'whole', text });
  }
});

test('[TB9] one message that is missing, repeated or out of order is noticed by the next', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 3, maxLength: 10 }), fc.nat(8), fc.boolean(), (texts, at, twice) => {
      const out = new Numbered();
      const said = texts.flatMap((text) => parts(out.parts('l', text)));
      const i = at % (said.length - 1);
      said.splice(i, twice ? 0 : 1, ...(twice ? said.slice(i, i + 1) : []));
      const into = new Collected();
      expect(said.map((part) => into.take(part).is)).toContain('lost');
    }),
  );
});

test('[TB9] what is no message of ours is passed over', () => {
  for (const raw of [
    null,
    1,
    'here',
    {},
    { k: 'here' },
    { k: 'here', id: '', visible: true },
    { k: 'beat', id: 'a' },
  ]) {
    expect(readGossip(raw)).toBeNull();
  }
  for (const raw of [
    null,
    {},
    { k: 'open', line: 'l' },
    { k: 'text', line: 'l', n: '0', text: '', more: false },
    { k: 'x', line: 'l' },
  ]) {
    expect(readNote(raw)).toBeNull();
  }
  expect(readNote({ k: 'end', line: 'l', more: 1 })).toEqual({ k: 'end', line: 'l' });
});
