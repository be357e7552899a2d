/** What is wrong with a database, in words of what to do. Texts of the database itself are told where they hold no data. */
import type { Failure } from '@statewire/protocol';

/** Why a capture does not go on. */
export type Trouble = Failure;

/** A result that is trouble. */
export function trouble(code: string, message: string): { readonly ok: false } & Trouble {
  return { ok: false, code, message };
}

/** A capture for an organization that is not there: a slip of the pen would make one. */
export function noOrganization(org: string): Trouble {
  return {
    code: 'no_organization',
    message: `there is no organization ${org}; correct org, or make it (POST /v1/organizations, which owners of main may)`,
  };
}

/** The trouble behind an error of the driver. */
export function saidOf(error: unknown): Trouble {
  const code = codeOf(error);
  const text = error instanceof Error ? error.message : String(error);
  const known = Object.hasOwn(SAID, code) ? SAID[code] : undefined;
  if (known !== undefined) return { code: known[0], message: known[1] };
  if (/^SASL|password/iu.test(text)) return { code: 'credentials', message: PASSWORD };
  if (/does not support SSL/iu.test(text)) {
    return {
      code: 'tls_unavailable',
      message: 'the database offers no encryption; when its network is your own, add ?sslmode=disable to the URL',
    };
  }
  if (/certificate|self.signed/iu.test(`${code} ${text}`)) {
    return {
      code: 'certificate',
      message: `the certificate of the database is not trusted (${text}); name its authority with ?sslmode=verify-full&sslrootcert=FILE in the URL, or add ?sslmode=require to encrypt without knowing who answers`,
    };
  }
  if (/terminated|ended|closed|timed out|ECONNRESET|EPIPE/iu.test(`${code} ${text}`)) {
    return { code: 'cut', message: 'the connection to the database was cut' };
  }
  return { code: 'database', message: `the database refused${code === '' ? '' : ` (${code})`}: ${text.slice(0, 300)}` };
}

const PASSWORD = 'the database does not accept the user or the password of the URL; correct them';

/** By SQLSTATE, or by the code of the operating system. */
const SAID: Readonly<Record<string, readonly [code: string, message: string]>> = {
  '28P01': ['credentials', PASSWORD],
  '28000': ['credentials', `${PASSWORD}, or let it in by pg_hba.conf (with a line for replication)`],
  '3D000': ['no_database', 'the server has no database of the name that the URL ends with; correct it'],
  '53300': ['connections', 'the server has no connection left; raise max_connections or max_wal_senders'],
  '57P01': ['restarting', 'the database is shutting down or starting again'],
  '57P02': ['restarting', 'the database is shutting down or starting again'],
  '57P03': ['restarting', 'the database is shutting down or starting again'],
  '55006': [
    'slot_in_use',
    'the replication slot is read by another connection; end it, or give this capture another slot',
  ],
};

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
