import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password.ts';

test('a password matches its own hash and no other', async () => {
  const hash = await hashPassword('correct horse battery');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$/u);
  expect(await verifyPassword('correct horse battery', hash)).toBe(true);
  expect(await verifyPassword('correct horse batterz', hash)).toBe(false);
  expect(await verifyPassword('', hash)).toBe(false);
});

test('the cost is at least what OWASP asks for, and two hashes of one password differ', async () => {
  const [a, b] = await Promise.all([hashPassword('same words twice'), hashPassword('same words twice')]);
  const [, memory, passes] = /m=(\d+),t=(\d+)/u.exec(a) ?? [];
  expect(Number(memory)).toBeGreaterThanOrEqual(19_456);
  expect(Number(passes)).toBeGreaterThanOrEqual(2);
  expect(a).not.toBe(b);
});

test('the same letters typed on another system are the same password', async () => {
  const hash = await hashPassword('caf\u00e9 au lait');
  expect(await verifyPassword('cafe\u0301 au lait', hash)).toBe(true);
});

test.each(['', 'x', '$argon2id$v=19$m=1$$', '$2b$10$abcdefghijklmnopqrstuv', '$argon2id$v=19$m=32768,t=3,p=1$AAAA$'])(
  'a hash that cannot be read (%s) matches nothing',
  async (stored) => {
    expect(await verifyPassword('anything', stored)).toBe(false);
  },
);
