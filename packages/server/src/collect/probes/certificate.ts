import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Service } from '@statewire/model';
import type { FactReading } from '../observation.ts';
import { reading } from './probe.ts';

/** What a certificate says, and the fact it makes. Null when the peer showed none. */
export interface CertificateView {
  readonly fact: FactReading;
  readonly certificate: NonNullable<Service['certificate']>;
}

/** Reads the peer's certificate: expired fails, fewer than `daysMin` days left warns. Trust is judged elsewhere. */
export function certificateOf(socket: TLSSocket, now: number, daysMin: number): CertificateView | null {
  const peer: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // Node gives an empty object when the peer sent no certificate.
  if (peer?.valid_to === undefined) return null;
  const expiresAt = Date.parse(peer.valid_to);
  if (!Number.isFinite(expiresAt)) return null;
  const daysLeft = Math.floor((expiresAt - now) / DAY_MS);
  const issuer = text(peer.issuer?.O) ?? text(peer.issuer?.CN) ?? 'unknown';
  const certificate = { expiresAt, daysLeft, issuer: issuer.slice(0, 200) };
  if (expiresAt <= now) return { certificate, fact: reading('fail', 'tls_expired', 'The certificate has expired.') };
  if (daysLeft < daysMin) {
    return { certificate, fact: reading('warn', 'tls_expires_soon', `The certificate expires in ${daysLeft} days.`) };
  }
  return { certificate, fact: reading('ok', 'valid', `The certificate is valid for ${daysLeft} more days.`) };
}

const DAY_MS = 86_400_000;

/** Names of a certificate come as a string or, when repeated, as a list. */
function text(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
