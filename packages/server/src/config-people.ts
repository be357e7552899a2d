/**
 * How people get in, as an operator says it: identity providers (`auth.oidc`) and the mail server of the instance (`mail`).
 * Secrets may stand in the file, in a variable or in a file of their own. Read by config.ts, which hands the environment in.
 */
import { ok, refuse, type Result } from '@statewire/protocol';
import { z } from 'zod';
import type { MailServer as MailConfig } from './send/letter.ts';
import type { OidcConfig } from './serve/auth/oidc/provider.ts';

export type { MailServer as MailConfig } from './send/letter.ts';
export type { OidcConfig } from './serve/auth/oidc/provider.ts';

/** Where a secret is: here, in a variable, or in a file. */
type Secret = string | { readonly env: string } | { readonly file: string };

/** An entry of `auth.oidc`, as the file has it. */
export interface OidcEntry extends Omit<OidcConfig, 'clientSecret' | 'name' | 'newcomers'> {
  readonly name?: string | undefined;
  readonly clientSecret?: Secret | undefined;
  readonly newcomers: string;
}

/** `mail`, as the file has it. */
export interface MailEntry {
  readonly url: string;
  readonly from: string;
  readonly password?: Secret | undefined;
}

const secret: z.ZodType<Secret> = z.union(
  [
    z.string().min(1).max(4_096),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u) }),
    z.strictObject({ file: z.string().min(1).max(4_096) }),
  ],
  'a text, {env: NAME} or {file: PATH}',
);

const slug = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/u, '1 to 32 of a-z 0-9 -');

const oidcSchema: z.ZodType<OidcEntry> = z.strictObject({
  id: slug.default('sso'),
  name: z.string().trim().min(1).max(64).optional(),
  issuer: z.string().max(2_048).refine(isIssuer, 'an https URL (http only for localhost) without query or fragment'),
  clientId: z.string().min(1).max(512),
  clientSecret: secret.optional(),
  scopes: z
    .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/u))
    .max(32)
    .refine((all) => all.includes('openid'), 'a list that has openid')
    .default(['openid', 'email', 'profile']),
  domains: z
    .array(
      z
        .string()
        .toLowerCase()
        .regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/u, 'a domain such as example.com'),
    )
    .max(256)
    .default([]),
  newcomers: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, 'invited, or a role such as viewer')
    .default('invited'),
  org: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, '1 to 63 of a-z 0-9 _ -')
    .default('main'),
});

export const oidcListSchema: z.ZodType<readonly OidcEntry[]> = z
  .array(oidcSchema)
  .max(16)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'another id for each provider');

export const mailUrlSchema: z.ZodType<string> = z
  .string()
  .max(2_048)
  .refine(
    (url) => readMailUrl(url) !== null,
    'smtp://user:password@host:587, smtps://host:465, or smtp://host:25?tls=none',
  );

export const mailFromSchema: z.ZodType<string> = z
  .string()
  .max(320)
  .regex(/^[^\p{Cc}<>]*<[^\s@<>]+@[^\s@<>]+>$|^[^\s@<>]+@[^\s@<>]+$/u, 'an address, or Name <address>');

export const mailSchema: z.ZodType<MailEntry> = z.strictObject({
  url: mailUrlSchema,
  from: mailFromSchema,
  password: secret.optional(),
});

/** Where secrets are looked up. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The file's text, or null when there is none. */
  readonly read: (path: string) => string | null;
}

export function toOidc(entry: OidcEntry, sources: SecretSources): Result<OidcConfig> {
  const found = secretOf(entry.clientSecret, sources);
  if (!found.ok) return found;
  return ok({
    ...entry,
    name: entry.name ?? new URL(entry.issuer).hostname,
    clientSecret: found.value,
    newcomers: entry.newcomers === 'invited' ? null : entry.newcomers,
  });
}

export function toMail({ url, from, password }: MailEntry, sources: SecretSources): Result<MailConfig> {
  const server = readMailUrl(url);
  if (server === null) return refuse('bad_field', 'the URL of the mail server is none');
  const found = secretOf(password, sources);
  if (!found.ok) return found;
  return ok({ ...server, from, password: found.value ?? server.password });
}

/** The secret itself; null when none is named. */
export function secretOf(where: Secret | undefined, { env, read }: SecretSources): Result<string | null> {
  if (where === undefined) return ok(null);
  if (typeof where === 'string') return ok(where);
  const [from, value] = 'env' in where ? [where.env, env[where.env]] : [where.file, read(where.file)?.trim()];
  return value === undefined || value === null || value === '' ? refuse('not_found', `nothing in ${from}`) : ok(value);
}

function readMailUrl(text: string): Omit<MailConfig, 'from'> | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')) return null;
  if (url.hostname === '' || (url.pathname !== '' && url.pathname !== '/') || url.hash !== '') return null;
  const asked = [...url.searchParams];
  const isPlain = asked.length === 1 && asked[0]?.[0] === 'tls' && asked[0][1] === 'none';
  if (asked.length > 0 && !isPlain) return null;
  const tls = isPlain ? 'none' : url.protocol === 'smtps:' ? 'tls' : 'starttls';
  if (isPlain && url.protocol === 'smtps:') return null;
  const fallback = tls === 'tls' ? 465 : tls === 'none' ? 25 : 587;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/u, '$1'),
    port: url.port === '' ? fallback : Number(url.port),
    tls,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

function isIssuer(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return false;
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
  );
}
