import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { systemClock } from '../../lib/clock.ts';
import { limits } from '../../lib/limits.ts';
import { testVault } from '../../testing/test-vault.ts';
import { SecondFactors } from './second-factor.ts';
import { codeAt, stepAt, TOTP_STEP_MS } from './totp.ts';

function setup(db = new DatabaseSync(':memory:'), key?: string) {
  db.exec(
    "CREATE TABLE IF NOT EXISTS user (id TEXT PRIMARY KEY) STRICT; INSERT OR IGNORE INTO user VALUES ('ann'), ('bo')",
  );
  let now = 1_800_000_000_000;
  const factors = new SecondFactors({ db, clock: { ...systemClock, now: () => now }, vault: testVault(key) });
  return { db, factors, now: () => now, skip: (ms: number) => (now += ms) };
}

type Set = ReturnType<typeof setup>;

/** What the app on the phone would show. */
function codeFor(secret: string, { now }: Pick<Set, 'now'>, steps = 0): string {
  return codeAt(fromBase32(secret), stepAt(now()) + steps);
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text)
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/gu) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function must<T>(result: { ok: true; value: T } | { ok: false; code: string; message: string }): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

/** Ann with a second factor, one step later, so that the next code is a fresh one. */
function turnedOn(set: Set) {
  const secret = must(set.factors.begin('ann'));
  const codes = must(set.factors.confirm('ann', codeFor(secret, set)));
  set.skip(TOTP_STEP_MS);
  return { secret, codes };
}

test('[AC3] a second factor asks for nothing before a code of it was right', () => {
  const set = setup();
  const secret = must(set.factors.begin('ann'));
  expect(secret).toMatch(/^[A-Z2-7]{32}$/u);
  expect(set.factors.isOn('ann')).toBe(false);
  expect(set.factors.show('ann', codeFor(secret, set))).toMatchObject({ ok: false, code: 'not_found' });
  expect(set.factors.confirm('ann', '000000')).toMatchObject({ ok: false, code: 'auth_invalid' });
  const again = must(set.factors.begin('ann'));
  expect(again).not.toBe(secret);
  expect(set.factors.confirm('ann', codeFor(secret, set))).toMatchObject({ ok: false });
  must(set.factors.confirm('ann', codeFor(again, set)));
  expect(set.factors.isOn('ann')).toBe(true);
  expect(set.factors.isOn('bo')).toBe(false);
  expect(set.factors.begin('ann')).toMatchObject({ ok: false, code: 'exists' });
});

test('[AC2] a code is used once, also across the set-up, a sign-in and a restart', () => {
  const set = setup();
  const secret = must(set.factors.begin('ann'));
  const code = codeFor(secret, set);
  must(set.factors.confirm('ann', code));
  expect(set.factors.show('ann', code)).toMatchObject({ ok: false, code: 'auth_invalid' });
  set.skip(TOTP_STEP_MS);
  const next = codeFor(secret, set);
  expect(must(set.factors.show('ann', next))).toBe('code');
  expect(setup(set.db).factors.show('ann', next)).toMatchObject({ ok: false });
});

test('[AC4] ten backup codes, each counts once, typed with or without what stands between; new ones end the old', () => {
  const set = setup();
  const { codes } = turnedOn(set);
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  const [first = '', second = '', third = ''] = codes;
  expect(first).toMatch(/^[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}$/u);
  expect(must(set.factors.show('ann', first))).toBe('backup');
  expect(set.factors.show('ann', first)).toMatchObject({ ok: false, code: 'auth_invalid' });
  expect(must(set.factors.show('ann', ` ${second.toLowerCase().replaceAll('-', ' ')}`))).toBe('backup');
  expect(set.factors.stateOf('ann')).toMatchObject({ backupCodesLeft: 8 });
  const renewed = set.factors.renewBackupCodes('ann');
  expect(set.factors.show('ann', third)).toMatchObject({ ok: false });
  expect(must(set.factors.show('ann', renewed[0] ?? ''))).toBe('backup');
  expect(JSON.stringify(set.db.prepare('SELECT * FROM backup_code').all())).not.toContain(
    (renewed[1] ?? '').replaceAll('-', ''),
  );
});

test('[AC5] the second step takes five codes, five minutes, one success', () => {
  const set = setup();
  const { secret, codes } = turnedOn(set);
  const { token } = set.factors.challenge('ann');
  for (let i = 0; i < limits.secondStepTriesMax; i++)
    expect(set.factors.answer(token, '000000')).toMatchObject({ ok: false, code: 'auth_invalid' });
  expect(set.factors.answer(token, codeFor(secret, set))).toMatchObject({ ok: false, code: 'gone' });

  const late = set.factors.challenge('ann');
  set.skip(limits.secondStepMs);
  expect(set.factors.answer(late.token, codeFor(secret, set))).toMatchObject({ ok: false, code: 'gone' });

  const good = set.factors.challenge('ann');
  expect(must(set.factors.answer(good.token, codeFor(secret, set)))).toEqual({ person: 'ann', shown: 'code' });
  expect(set.factors.answer(good.token, codes[0] ?? '')).toMatchObject({ ok: false, code: 'gone' });
  expect(set.factors.answer('x'.repeat(43), codes[0] ?? '')).toMatchObject({ ok: false, code: 'gone' });
});

test('[AC5] ten wrong codes in a row lock the factor for a quarter of an hour, however many sign-ins they came through', () => {
  const set = setup();
  const { secret, codes } = turnedOn(set);
  for (let i = 0; i < limits.secondFactorFailuresMax; i++)
    set.factors.answer(set.factors.challenge('ann').token, '000000');
  expect(set.factors.show('ann', codeFor(secret, set))).toMatchObject({ ok: false, code: 'rate_limited' });
  expect(set.factors.show('ann', codes[0] ?? '')).toMatchObject({ ok: false, code: 'rate_limited' });
  set.skip(limits.secondFactorLockMs);
  expect(must(set.factors.show('ann', codeFor(secret, set)))).toBe('code');
});

test('[AC5] one right code between them and the wrong ones are counted from nothing', () => {
  const set = setup();
  const { secret, codes } = turnedOn(set);
  for (let i = 0; i < limits.secondFactorFailuresMax - 1; i++) set.factors.show('ann', '000000');
  must(set.factors.show('ann', codes[0] ?? ''));
  for (let i = 0; i < limits.secondFactorFailuresMax - 1; i++) set.factors.show('ann', '000000');
  expect(must(set.factors.show('ann', codeFor(secret, set)))).toBe('code');
});

test('the secret lies sealed: it is not in the file, opens with no other key, and a backup code works all the same', () => {
  const set = setup();
  const { secret, codes } = turnedOn(set);
  const stored = JSON.stringify(set.db.prepare('SELECT * FROM second_factor').all());
  expect(stored).not.toContain(secret);
  expect(stored).not.toContain(fromBase32(secret).toString('base64'));
  const other = setup(set.db, 'quite another key, as long as a key has to be');
  other.skip(TOTP_STEP_MS);
  expect(other.factors.show('ann', codeFor(secret, other))).toMatchObject({ ok: false, code: 'unavailable' });
  expect(must(other.factors.show('ann', codes[0] ?? ''))).toBe('backup');
});

test('turned off, nothing of it is left; and it goes with its person', () => {
  const set = setup();
  const { codes } = turnedOn(set);
  const { token } = set.factors.challenge('ann');
  set.factors.turnOff('ann');
  expect(set.factors.isOn('ann')).toBe(false);
  expect(set.factors.answer(token, codes[0] ?? '')).toMatchObject({ ok: false, code: 'gone' });
  turnedOn(set);
  set.db.exec("PRAGMA foreign_keys = ON; DELETE FROM user WHERE id = 'ann'");
  expect(set.db.prepare('SELECT count(*) AS n FROM backup_code').get()).toEqual({ n: 0 });
  expect(set.factors.isOn('ann')).toBe(false);
});
