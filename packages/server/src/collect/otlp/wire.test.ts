import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { traceRequest } from './shapes.ts';
import { decode, encode } from './wire.ts';

const read = (bytes: readonly number[], messagesMax = 1_000) =>
  decode(traceRequest, Uint8Array.from(bytes), { messagesMax });

/** A field that holds a message or text. */
const held = (number: number, inner: Uint8Array | string): Uint8Array => encode([[number, inner]]);

const span = (...fields: Parameters<typeof encode>[0]): Uint8Array => held(1, held(2, held(2, encode(fields))));

test('[OT1] bytes become what the JSON form would be; what is not described is skipped', () => {
  const value = encode([[1, 'tools/call']]);
  const bytes = span(
    [5, 'call'],
    [6, 3],
    [99, 'later'],
    [
      9,
      encode([
        [1, 'mcp.method.name'],
        [2, value],
      ]),
    ],
  );
  expect(JSON.parse(JSON.stringify(decode(traceRequest, bytes, { messagesMax: 100 })))).toEqual({
    ok: true,
    value: {
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: [
                {
                  name: 'call',
                  kind: 3,
                  attributes: [{ key: 'mcp.method.name', value: { stringValue: 'tools/call' } }],
                },
              ],
            },
          ],
        },
      ],
    },
  });
});

test('[OT1] numbers of 64 bits, negative ones too, and times without loss', () => {
  const minusOne = [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
  const value = Uint8Array.from(minusOne);
  const ended = Uint8Array.from([0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
  const attribute = held(9, encode([[2, value]]));
  const bytes = held(1, held(2, held(2, Buffer.concat([ended, attribute]))));
  expect(JSON.stringify(decode(traceRequest, bytes, { messagesMax: 100 }))).toContain(
    '{"endTimeUnixNano":"18446744073709551615","attributes":[{"value":{"intValue":-1}}]}',
  );
});

describe('[OT2] hostile bytes are refused, in bounded time and memory', () => {
  test.each([
    ['cut inside a tag', [0x8a]],
    ['cut inside a length', [0x0a, 0x80]],
    ['a length beyond the end', [0x0a, 0x05, 0x00]],
    ['a giant length', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['a negative length', [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ['a number of eleven bytes', [0x10, ...Array.from({ length: 10 }, () => 0xff), 0x01]],
    ['field number 0', [0x02, 0x00]],
    ['field number beyond 2^29', [0xfa, 0xff, 0xff, 0xff, 0x7f, 0x00]],
    ['a group', [0x0b, 0x0c]],
    ['an unknown group', [0x7b, 0x7c]],
    ['wire type 7', [0x7f]],
    ['a number where a message is', [0x08, 0x01]],
    ['fixed bytes cut', [0x79, 0x00, 0x00]],
    ['an inner length that reaches out of its message', [0x0a, 0x02, 0x12, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00]],
  ])('%s', (_, bytes) => {
    expect(read(bytes)).toMatchObject({ ok: false, code: 'bad_request', message: expect.stringContaining('protobuf') });
  });

  test('more messages than may be', () => {
    const bytes = Array.from({ length: 20 }, () => [0x0a, 0x00]).flat();
    expect(read(bytes, 21)).toMatchObject({ ok: true });
    expect(read(bytes, 20)).toMatchObject({ ok: false, code: 'too_large' });
  });

  test('depth is that of the description: two thousand levels of a list inside an attribute are skipped', () => {
    let deep: Uint8Array = encode([[1, 'x']]);
    for (let i = 0; i < 2_000; i++) deep = held(5, held(1, deep));
    const bytes = span(
      [5, 'a'],
      [
        9,
        encode([
          [1, 'mcp.method.name'],
          [2, deep],
        ]),
      ],
    );
    expect(JSON.stringify(decode(traceRequest, bytes, { messagesMax: 100 }))).toContain('"value":{}');
  });

  test('of the attributes of one span 128 are read', () => {
    const attribute = held(9, held(2, held(1, 'x')));
    const bytes = held(1, held(2, held(2, Buffer.concat(Array.from({ length: 500 }, () => attribute)))));
    const found = JSON.stringify(decode(traceRequest, bytes, { messagesMax: 1_000 }));
    expect(found.split('stringValue').length - 1).toBe(128);
  });

  test('any bytes give an answer and no exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = decode(traceRequest, bytes, { messagesMax: 50 });
        expect(result.ok || result.message.startsWith('protobuf: ')).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  test('every cut of a good message is refused or a shorter good one', () => {
    const bytes = span(
      [5, 'call'],
      [6, 3],
      [
        9,
        encode([
          [1, 'key'],
          [2, encode([[1, 'value']])],
        ]),
      ],
    );
    for (let length = 1; length < bytes.length; length++) {
      const result = decode(traceRequest, bytes.subarray(0, length), { messagesMax: 50 });
      expect(result).toMatchObject({ ok: false, code: 'bad_request' });
    }
  });
});
