import type { Clock } from '../../lib/clock.ts';

const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';

/** An id for a record whose maker gave none: the kind, then 80 bits of chance. Not a secret. */
export function newId(clock: Clock, prefix: string): string {
  let id = `${prefix}_`;
  for (let i = 0; i < 16; i++) id += LETTERS[Math.floor(clock.random() * LETTERS.length)] ?? '0';
  return id;
}

/** A readable id made of a name, or null when nothing of the name fits an id. */
export function idOfName(name: string): string | null {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-+|-+$/g, '');
  return slug === '' ? null : slug;
}
