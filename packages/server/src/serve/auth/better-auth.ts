import type { DatabaseSync } from 'node:sqlite';
import { betterAuth, type BetterAuthOptions } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { COOKIE_PREFIX } from './cookie.ts';
import { hashPassword, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, verifyPassword } from './password.ts';

const SESSION_DAYS = 7;

/** What better-auth must know of us. */
export interface AuthOptions {
  /** Signs session cookies. */
  readonly secret: string;
  /** Where browsers reach this server; https makes cookies Secure. */
  readonly publicUrl: string;
}

/** The library that keeps sessions and credentials. It is never mounted as a router. */
export type Auth = ReturnType<typeof betterAuth<Settings>>;

/** What is kept beside the library's own fields; the rows it gives are typed by this. */
interface Settings extends BetterAuthOptions {
  readonly user: { readonly additionalFields: { readonly role: Text<true>; readonly org: Text<true> } };
  readonly session: {
    readonly expiresIn: number;
    readonly updateAge: number;
    readonly additionalFields: {
      readonly way: Text<false>;
      readonly lastSeenAt: {
        readonly type: 'number';
        readonly bigint: true;
        readonly required: false;
        readonly input: false;
      };
    };
  };
}

interface Text<Required extends boolean> {
  readonly type: 'string';
  readonly required: Required;
  readonly input: false;
}

export function createAuth(options: AuthOptions, db: DatabaseSync): Auth {
  return betterAuth(settingsFor(options, db));
}

/** Adds what its tables lack. */
export async function migrate(options: AuthOptions, db: DatabaseSync): Promise<void> {
  await (await getMigrations(settingsFor(options, db))).runMigrations();
}

/** What its tables lack: nothing, in a file made by `createTables`. */
export async function lacking(options: AuthOptions, db: DatabaseSync): Promise<string> {
  return (await getMigrations(settingsFor(options, db))).compileMigrations();
}

function settingsFor({ secret, publicUrl }: AuthOptions, db: DatabaseSync): Settings {
  return {
    database: db,
    appName: 'Statewire',
    baseURL: publicUrl,
    secret,
    telemetry: { enabled: false },
    logger: { disabled: true },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: PASSWORD_LENGTH_MIN,
      maxPasswordLength: PASSWORD_LENGTH_MAX,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(password, hash) },
    },
    user: {
      additionalFields: {
        role: { type: 'string', required: true, input: false },
        org: { type: 'string', required: true, input: false },
      },
    },
    session: {
      expiresIn: SESSION_DAYS * 86_400,
      updateAge: 86_400,
      additionalFields: {
        way: { type: 'string', required: false, input: false },
        lastSeenAt: { type: 'number', bigint: true, required: false, input: false },
      },
    },
    // Ours is in http/rate.ts, in front of every door.
    rateLimit: { enabled: false },
    advanced: {
      cookiePrefix: COOKIE_PREFIX,
      useSecureCookies: publicUrl.startsWith('https:'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { disableIpTracking: true },
    },
  };
}
