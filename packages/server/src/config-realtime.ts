/** Who may use which topic of broadcast and presence, as an operator says it (`realtime`). Read by config.ts. */
import { isPermission, type Permission } from '@statewire/model';
import { z } from 'zod';
import type { RealtimeConfig } from './serve/dialects/supabase/policy.ts';

export type { RealtimeConfig } from './serve/dialects/supabase/policy.ts';

export const REALTIME_DEFAULT: RealtimeConfig = Object.freeze({ public: true, topics: [] });

const claimName = /^[A-Za-z_][\w.-]{0,127}$/u;

const topic = z
  .string()
  .min(1)
  .max(255)
  .refine(
    (text) => [...text.matchAll(/\{([^{}]*)\}/gu)].every(([, name = '']) => isPlace(name)),
    'placeholders {id}, {org} and {claims.<name>} and no others',
  )
  .refine((text) => (text.match(/\*|\{/gu)?.length ?? 0) <= 4, 'at most 4 stars and placeholders');

export const realtimeSchema: z.ZodType<RealtimeConfig> = z.strictObject({
  public: z.boolean().default(REALTIME_DEFAULT.public),
  topics: z
    .array(
      z.strictObject({
        topic,
        may: z
          .array(z.enum(['read', 'write']))
          .min(1)
          .max(2)
          .default(['read', 'write']),
        of: z
          .array(z.enum(['broadcast', 'presence']))
          .min(1)
          .max(2)
          .default(['broadcast', 'presence']),
        needs: z
          .custom<Permission>((text) => typeof text === 'string' && isPermission(text), 'a permission')
          .optional(),
        claims: z
          .record(z.string().regex(claimName), z.string().min(1).max(512))
          .refine((all) => Object.keys(all).length <= 16, 'at most 16 claims')
          .default({}),
      }),
    )
    .max(256)
    .default([]),
});

/** Claims of tokens that policies ask for. */
export function claimsAsked({ topics }: RealtimeConfig): readonly string[] {
  return topics.flatMap(({ topic: text, claims }) => [
    ...Object.keys(claims),
    ...Array.from(text.matchAll(/\{claims\.([^{}]*)\}/gu), ([, name = '']) => name),
  ]);
}

function isPlace(name: string): boolean {
  return (
    name === 'id' || name === 'org' || (name.startsWith('claims.') && claimName.test(name.slice('claims.'.length)))
  );
}
