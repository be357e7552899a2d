import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface CertificateOptions {
  /** Common name; also the only alternative name, unless `hosts` says otherwise. */
  readonly name: string;
  /** Names and IPv4 addresses the certificate is for. */
  readonly hosts?: readonly string[] | undefined;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** May it sign others? */
  readonly isAuthority?: boolean | undefined;
  /** Who signs; itself when absent. */
  readonly issuer?: Made | undefined;
}

/** A certificate and its key, PEM. */
export interface Made {
  readonly name: string;
  readonly cert: string;
  readonly key: string;
  readonly privateKey: KeyObject;
}

/**
 * Makes an X.509 certificate, valid or deliberately not, so that tests need no files that expire and no openssl.
 * Only what TLS peers look at: names, dates, alternative names, an ECDSA key.
 */
export function makeCertificate(options: CertificateOptions): Made {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signature = sequence(oid('2a8648ce3d040302'));
  const hosts = (options.hosts ?? [options.name]).map((host) =>
    isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host)),
  );
  const alternativeNames = sequence(oid('551d11'), der(0x04, sequence(...hosts)));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    // The top bit is cleared: a DER integer with it set would be negative.
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    signature,
    nameOf(options.issuer?.name ?? options.name),
    sequence(timeOf(options.notBefore), timeOf(options.notAfter)),
    nameOf(options.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(alternativeNames, ...(options.isAuthority === true ? [AUTHORITY] : []))),
  );
  const signer = options.issuer?.privateKey ?? privateKey;
  const signed = sign('sha256', body, { key: signer, dsaEncoding: 'der' });
  const whole = sequence(body, signature, der(0x03, Buffer.concat([Buffer.from([0]), signed])));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    name: options.name,
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    privateKey,
  };
}

/** The constraint of a certificate that may sign others. Made by functions that are hoisted. */
const AUTHORITY = sequence(
  oid('551d13'),
  der(0x01, Buffer.from([0xff])),
  der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
);

function nameOf(name: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(name)))));
}

function timeOf(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(0, 14)}Z`));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, body: Buffer): Buffer {
  const { length } = body;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
