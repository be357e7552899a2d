import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toAscii } from './ascii.ts';

test('[FR9] any JSON text becomes ASCII and parses to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
      const json = JSON.stringify(value);
      const ascii = toAscii(json);
      // oxlint-disable-next-line no-control-regex
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
