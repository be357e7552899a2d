import { expect, test } from 'vitest';
import { decodeCmd, decodeEnd, decodePoll, requestLimits } from './requests.ts';

const hello = { t: 'hello', p: 1, client: 'x' };

test('[TR4] what a poll says beside its hello: nothing is no wait and no messages', () => {
  expect(decodePoll(JSON.stringify(hello))).toEqual({ ok: true, value: { wait: 0, msgs: [], who: null, holdMs: 0 } });
  const subs = [{ iv: 250 }, { iv: 1000 }];
  expect(decodePoll(JSON.stringify({ ...hello, subs, wait: 25_000, msgs: ['{}'], who: 'w' }))).toEqual({
    ok: true,
    value: { wait: 25_000, msgs: ['{}'], who: 'w', holdMs: 250 },
  });
});

test.each([
  [[{}], 100],
  [[{ iv: 0 }, { iv: 5_000 }], 0],
  [[{ iv: '7' }, { iv: -1 }, 7, null], 100],
  [[{ iv: 1e9 }], requestLimits.waitMs],
  ['none', 0],
])('[TR5] the least hold of %j is %i ms', (subs, holdMs) => {
  expect(decodePoll(JSON.stringify({ ...hello, subs }))).toMatchObject({ ok: true, value: { holdMs } });
});

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['a wait that is too long', JSON.stringify({ ...hello, wait: 30_001 })],
  ['a wait that is no number', JSON.stringify({ ...hello, wait: '5' })],
  ['messages that are no texts', JSON.stringify({ ...hello, msgs: [{ t: 'p', i: 1 }] })],
  ['too many messages', JSON.stringify({ ...hello, msgs: Array.from({ length: 257 }, () => '{}') })],
  ['a message that is too long', JSON.stringify({ ...hello, msgs: ['x'.repeat(65_537)] })],
  ['a key that reaches a prototype', '{"t":"hello","__proto__":{"wait":1}}'],
])('[TR4] a poll is refused for %s', (_, text) => {
  expect(decodePoll(text)).toMatchObject({ ok: false, code: 'bad_request' });
});

test('[TR3] upstream messages of a stream name it', () => {
  expect(decodeCmd('{"sid":"abc","msgs":["{}"]}')).toEqual({ ok: true, value: { sid: 'abc', msgs: ['{}'] } });
  for (const text of ['{"msgs":[]}', '{"sid":"","msgs":[]}', '{"sid":"a"}', '{"sid":"a","msgs":"b"}', 'x', '7']) {
    expect(decodeCmd(text), text).toMatchObject({ ok: false, code: 'bad_request' });
  }
});

test('[TR7] an end is read as a close frame is; everything else is none', () => {
  expect(decodeEnd('{"t":"end","code":4401,"reason":"auth_invalid"}')).toEqual({
    t: 'end',
    code: 4401,
    reason: 'auth_invalid',
  });
  for (const text of ['{"t":"h","v":1,"now":1}', '{"t":"end"}', '{"t":"end","code":1,"reason":""}', '{"t":"end"'])
    expect(decodeEnd(text), text).toBeNull();
});
