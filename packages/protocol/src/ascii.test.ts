import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toAscii } from './ascii.ts';

test('[FR9] any JSON text becomes ASCII and parses to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = JSON.stringify(value);
      const ascii = toAscii(json);
      // oxlint-disable-next-line no-control-regex -- the range is ASCII, control characters and all.
      expect(ascii).toMatch(/^[\x00-\x7f]*$/);
      expect(JSON.parse(ascii)).toEqual(JSON.parse(json));
    }),
  );
});

test('[FR9] characters beyond the first plane become two escapes', () => {
  expect(toAscii('"caf\u00e9 \u{1f600}"')).toBe(String.raw`"caf\u00e9 \ud83d\ude00"`);
});

test('ASCII text is returned as it is', () => {
  const text = '{"a":"b\\u00e9"}';
  expect(toAscii(text)).toBe(text);
});

test('[FR9] [FR3] half a surrogate pair is replaced: what is sent can always be read', () => {
  const half = { a: 'x\ud800', '\udfff': ['\udc00\ud800', 'fine \u{1f600}', String.raw`\ud800 spelled out`] };
  const ascii = toAscii(JSON.stringify(half));
  expect(JSON.parse(ascii)).toEqual({
    a: 'x\ufffd',
    '\ufffd': ['\ufffd\ufffd', 'fine \u{1f600}', String.raw`\ud800 spelled out`],
  });
  // Text that was escaped before is whole and stays as it is.
  expect(toAscii(ascii)).toBe(ascii);
});
