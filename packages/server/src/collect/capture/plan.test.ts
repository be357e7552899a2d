import { expect, test } from 'vitest';
import { isDatabaseUrl } from './plan.ts';

test('[CP15] a URL of a database is refused when it is read, and not when it is opened', () => {
  const good = [
    'postgres://x',
    'postgresql://u:p%25q@db.internal:5433/shop?sslmode=verify-full',
    'postgres://[::1]:5432/a%20b',
  ];
  const bad = [
    'mysql://x/y',
    'postgres:///shop',
    'postgres://u:50%off@db/shop',
    'postgres://u%ZZ@db/shop',
    'postgres://u@db/%E0%A4',
    'postgres://u@db/a%00b',
    'postgres://u@db/shop?sslmode=verify',
    'shop',
  ];
  expect(good.filter((url) => !isDatabaseUrl(url))).toEqual([]);
  expect(bad.filter(isDatabaseUrl)).toEqual([]);
});
