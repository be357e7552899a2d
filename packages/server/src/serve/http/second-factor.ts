import { z } from 'zod';
import { PASSWORD_LENGTH_MAX } from '../auth/password.ts';
import { otpauthUrl } from '../auth/totp.ts';
import type { HttpDeps } from './deps.ts';
import { RefusedError } from './problem.ts';
import type { Rates } from './rate.ts';
import { json, must, route, type Call, type Route } from './router.ts';
import { answersOf } from './shapes.ts';

export const codeSchema: z.ZodType<string> = z.string().trim().min(6).max(32);
const password = z
  .string()
  .max(PASSWORD_LENGTH_MAX)
  .optional()
  .meta({ description: 'Yours; left out by who has none' });
const codes = z.object({ backupCodes: z.array(z.string()) });

/** The second factor of whoever calls: its state, setting it up, backup codes, turning it off. */
export function secondFactorRoutes(deps: HttpDeps, rates: Rates): readonly Route[] {
  const { accounts } = deps;
  const { secondFactors } = accounts;
  /** Whoever sits down at an unlocked screen has the cookie, and not the password. */
  const assertSelf = async ({ principal, ip }: Call<unknown, unknown>, given: string | undefined): Promise<void> => {
    await rates.spend('sign-in', `${ip} ${principal.id}`);
    if (!accounts.hasPassword(principal.id) || (await accounts.isPassword(principal.id, given ?? ''))) return;
    throw new RefusedError({ code: 'forbidden', message: 'the password is not right; nothing was changed' });
  };
  return [
    route({
      method: 'GET',
      path: '/v1/session/second-factor',
      access: 'any',
      tag: 'people',
      summary: 'Whether your second factor is on',
      answers: {
        ...answersOf('forbidden'),
        200: {
          description: 'Its state',
          schema: z.object({
            isOn: z.boolean(),
            since: z.int().nullable(),
            backupCodesLeft: z.int(),
            hasPassword: z.boolean(),
          }),
        },
      },
      handle: ({ principal }) => {
        assertPerson(principal);
        const state = secondFactors.stateOf(principal.id);
        return json({
          isOn: state !== null,
          since: state?.since ?? null,
          backupCodesLeft: state?.backupCodesLeft ?? 0,
          hasPassword: accounts.hasPassword(principal.id),
        });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/second-factor',
      access: 'any',
      tag: 'people',
      summary: 'Begins to set up a second factor; the secret is shown only here',
      body: z.strictObject({ password }),
      answers: {
        ...answersOf('forbidden', 'exists', 'rate_limited', 'bad_field'),
        201: {
          description: 'The secret, as text and for a QR code',
          schema: z.object({ secret: z.string(), url: z.string() }),
        },
      },
      handle: async (call) => {
        assertPerson(call.principal);
        await assertSelf(call, call.body.password);
        const secret = must(secondFactors.begin(call.principal.id));
        const account = accounts.user(call.principal.org, call.principal.id)?.email ?? call.principal.name;
        return json({ secret, url: otpauthUrl(secret, { issuer: 'Statewire', account }) }, { status: 201 });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/second-factor/confirm',
      access: 'any',
      tag: 'people',
      summary: 'Turns the second factor on by a code; the backup codes are shown only here',
      body: z.strictObject({ code: codeSchema }),
      answers: {
        ...answersOf('forbidden', 'exists', 'not_found', 'auth_invalid', 'rate_limited', 'bad_field'),
        200: { description: 'It is on', schema: codes },
      },
      handle: async ({ principal, body }) => {
        assertPerson(principal);
        const backupCodes = must(secondFactors.confirm(principal.id, body.code));
        return json({ backupCodes });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/second-factor/backup-codes',
      access: 'any',
      tag: 'people',
      summary: 'Makes new backup codes; the old ones are over',
      body: z.strictObject({ password, code: codeSchema }),
      answers: {
        ...answersOf('forbidden', 'not_found', 'auth_invalid', 'rate_limited', 'bad_field'),
        200: { description: 'Shown only here', schema: codes },
      },
      handle: async (call) => {
        assertPerson(call.principal);
        await assertSelf(call, call.body.password);
        must(secondFactors.show(call.principal.id, call.body.code));
        return json({ backupCodes: secondFactors.renewBackupCodes(call.principal.id) });
      },
    }),
    route({
      method: 'POST',
      path: '/v1/session/second-factor/off',
      access: 'any',
      tag: 'people',
      summary: 'Turns the second factor off',
      body: z.strictObject({ password, code: codeSchema }),
      answers: {
        ...answersOf('forbidden', 'not_found', 'auth_invalid', 'rate_limited', 'bad_field'),
        200: { description: 'It is off', schema: z.object({ isOn: z.literal(false) }) },
      },
      handle: async (call) => {
        assertPerson(call.principal);
        await assertSelf(call, call.body.password);
        must(secondFactors.show(call.principal.id, call.body.code));
        secondFactors.turnOff(call.principal.id);
        return json({ isOn: false });
      },
    }),
  ];
}

/** Keys and tokens have no password, no second factor and no session. */
export function assertPerson(principal: { readonly kind: string }): void {
  if (principal.kind !== 'user')
    throw new RefusedError({ code: 'forbidden', message: 'only a signed-in person has this', do: 'sign in first' });
}
