import { expect, test } from 'vitest';
import { identityOf } from './identity.ts';

const jwt = (claims: unknown): string =>
  `e.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_')}.s`;

test('[CL23] two tokens of one subject are one identity; other subjects, issuers and organizations are not', () => {
  const one = identityOf(jwt({ iss: 'a', sub: 'u', org: 'o', exp: 1, name: 'ÿÿ??>>' }));
  expect(identityOf(jwt({ iss: 'a', sub: 'u', org: 'o', exp: 2 }))).toBe(one);
  for (const other of [
    { iss: 'b', sub: 'u', org: 'o' },
    { iss: 'a', sub: 'v', org: 'o' },
    { iss: 'a', sub: 'u', org: 'p' },
  ]) {
    expect(identityOf(jwt(other))).not.toBe(one);
  }
});

test('[CL23] what is not a JWT does not say whose it is, and neither does the cookie', () => {
  for (const token of ['sw_abc', 'a.b.c', jwt('text'), jwt(null), jwt({ noSubject: 1 })]) {
    expect(identityOf(token)).toBeNull();
  }
  expect(identityOf(undefined)).toBeNull();
});
