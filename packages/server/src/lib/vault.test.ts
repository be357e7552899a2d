import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '@statewire/protocol';
import { afterEach, expect, test } from 'vitest';
import { KEY_FILE, Vault } from './vault.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(40);
const place = { org: 'main', kind: 'channel-secrets', id: 'c/url' };
const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true });
});

function dir(): string {
  const made = mkdtempSync(join(tmpdir(), 'statewire-vault-'));
  dirs.push(made);
  return made;
}

const vault = (...keys: readonly string[]): Vault => Vault.open({ dir: '', keys });

test('[SN10] what was sealed opens again, and its text is nowhere in the seal', () => {
  const sealed = vault(A).seal(place, 'secret-of-slack');
  expect(vault(A).open(place, sealed)).toEqual({ ok: true, value: 'secret-of-slack' });
  expect(JSON.stringify(sealed)).not.toContain('secret-of-slack');
  // The same twice looks different: nobody sees that two channels share a password.
  expect(vault(A).seal(place, 'secret-of-slack')).not.toEqual(sealed);
});

test.each([
  ['another organization', { ...place, org: 'other' }],
  ['another kind', { ...place, kind: 'check-secrets' }],
  ['another record', { ...place, id: 'd/url' }],
])('[SN10] a seal moved to %s does not open', (_, there) => {
  expect(vault(A).open(there, vault(A).seal(place, 's'))).toMatchObject({ ok: false, code: 'corrupt' });
});

test('[SN10] another key is told from a broken seal, and neither throws', () => {
  const sealed = vault(A).seal(place, 's');
  expect(vault(B).open(place, sealed)).toMatchObject({ ok: false, code: 'secret_key' });
  const data = Buffer.from(typeof sealed['data'] === 'string' ? sealed['data'] : '', 'base64');
  expect(data.length).toBeGreaterThan(16);
  for (let i = 0; i < data.length; i++) {
    const broken = Buffer.from(data);
    broken[i] = (broken[i] ?? 0) ^ 1;
    const changed: JsonObject = { ...sealed, data: broken.toString('base64') };
    expect(vault(A).open(place, changed)).toMatchObject({ ok: false, code: 'corrupt' });
  }
  for (const odd of [null, 7, 'x', [], {}, { ...sealed, v: 2 }, { ...sealed, nonce: '' }, { ...sealed, data: 'AA==' }])
    expect(vault(A).open(place, odd)).toMatchObject({ ok: false, code: 'corrupt' });
});

test('[SN11] a new key in front seals, the old one behind still opens', () => {
  const old = vault(A).seal(place, 's');
  const both = vault(B, A);
  expect(both.open(place, old)).toEqual({ ok: true, value: 's' });
  expect(both.isOld(old)).toBe(true);
  const fresh = both.seal(place, 's');
  expect(both.isOld(fresh)).toBe(false);
  expect(vault(B).open(place, fresh)).toEqual({ ok: true, value: 's' });
  expect(vault(A).open(place, fresh)).toMatchObject({ ok: false, code: 'secret_key' });
});

test('[SN10] without a configured key one is made, for its owner alone, and found again', () => {
  const at = dir();
  const sealed = Vault.open({ dir: at, keys: null }).seal(place, 's');
  const path = join(at, KEY_FILE);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFileSync(path, 'utf8').trim()).toHaveLength(44);
  expect(Vault.open({ dir: at, keys: null }).open(place, sealed)).toEqual({ ok: true, value: 's' });
});

test('[SN11] the key file may hold several keys, newest first', () => {
  const at = dir();
  writeFileSync(join(at, KEY_FILE), `# rotated\n${B}\n\n${A}\n`);
  const both = Vault.open({ dir: at, keys: null });
  expect(both.open(place, vault(A).seal(place, 's'))).toEqual({ ok: true, value: 's' });
  expect(both.keyId).toBe(vault(B).keyId);
});

test.each(['', '\n# nothing\n', 'short\n', `${A}\nshort\n`])(
  '[SN10] a key file that holds no key stops the start: %j',
  (text) => {
    const at = dir();
    writeFileSync(join(at, KEY_FILE), text);
    expect(() => Vault.open({ dir: at, keys: null })).toThrow(/expected one of at least 32 characters/);
  },
);
