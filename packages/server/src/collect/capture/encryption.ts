/**
 * Whether a connection to a database is encrypted, and whom it believes. Without a word about it a connection within this machine is
 * plain, and every other one is encrypted to a server that proves who it is. `sslmode` of the URL says otherwise: disable, require
 * (encrypted, whoever it is), verify-ca (of an authority, whatever its name), verify-full. `sslrootcert` is a file with the authority.
 */
import { ok, type Result } from '@statewire/protocol';
import { readFile } from 'node:fs/promises';
import { trouble } from './trouble.ts';

export interface Encryption {
  /** The name or address that the certificate has to be for. */
  readonly host: string;
  readonly rejectUnauthorized: boolean;
  readonly isNameChecked: boolean;
  readonly ca?: string;
  readonly checkServerIdentity?: () => undefined;
}

export async function encryptionOf(
  url: URL,
  host: string,
  by: { readonly isOperator: boolean },
): Promise<Result<Encryption | false>> {
  const mode = url.searchParams.get('sslmode');
  if (mode === 'disable') return ok(false);
  if (mode === null && ['localhost', '127.0.0.1', '::1'].includes(host)) return ok(false);
  const rejectUnauthorized = mode === null || mode.startsWith('verify-');
  const isNameChecked = rejectUnauthorized && mode !== 'verify-ca';
  const made: Encryption = {
    host,
    rejectUnauthorized,
    isNameChecked,
    ...(isNameChecked ? {} : { checkServerIdentity: () => undefined }),
  };
  const file = url.searchParams.get('sslrootcert');
  if (file === null) return ok(made);
  if (!by.isOperator) {
    return trouble('certificate', 'sslrootcert: files of the server are named in its configuration file only');
  }
  const ca = await readFile(file, 'utf8').catch(() => null);
  if (ca === null || !ca.includes('-----BEGIN CERTIFICATE-----')) {
    return trouble(
      'certificate',
      `sslrootcert: found no certificate in ${file}, expected the authority of the database as PEM; correct the path, or who may read it`,
    );
  }
  return ok({ ...made, ca });
}
