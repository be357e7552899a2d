/**
 * A browser with a push subscription, and its push service: decrypts what arrives with the published implementation of
 * RFC 8188 and checks the sender's VAPID token, as the service and the browser do.
 */
import { createECDH, createPublicKey, randomBytes, verify, type ECDH } from 'node:crypto';
import { createRequire } from 'node:module';
import { z } from 'zod';
import { must, wrong, type Provider } from './receiver.ts';
import { tooMany } from './shapes.ts';

const ece: {
  decrypt(body: Buffer, keys: { version: string; privateKey: ECDH; dh: string; authSecret: string }): Buffer;
} = createRequire(import.meta.url)('http_ece');

export interface Browser {
  readonly provider: Provider;
  /** What the page would send to its server, for a push service at this origin. */
  subscription(origin: string): string;
}

/** `publicKey`: what the page subscribed with. Only who holds its other half may send. */
export function openBrowser(publicKey: () => string): Browser {
  const keys = createECDH('prime256v1');
  keys.generateKeys();
  const auth = randomBytes(16).toString('base64url');
  return {
    subscription: (origin) =>
      JSON.stringify({
        endpoint: `${origin}/push/secret-endpoint`,
        keys: { p256dh: keys.getPublicKey('base64url'), auth },
      }),
    provider: {
      read(incoming) {
        must(
          incoming.method === 'POST' && incoming.path === '/push/secret-endpoint',
          `${incoming.method} ${incoming.path}`,
        );
        must(/^\d+$/.test(String(incoming.headers['ttl'])), 'no TTL');
        must(incoming.headers['content-encoding'] === 'aes128gcm', 'another encoding');
        must(/^(very-low|low|normal|high)$/.test(String(incoming.headers['urgency'])), 'no urgency');
        must(/^[A-Za-z0-9_-]{1,32}$/.test(String(incoming.headers['topic'])), 'a topic that is none');
        must(incoming.body.length <= 4_096, `a body of ${incoming.body.length} bytes`);
        verifyVapid(String(incoming.headers['authorization']), publicKey(), `http://${incoming.headers.host}`);
        const clear = ece.decrypt(incoming.body, { version: 'aes128gcm', privateKey: keys, dh: '', authSecret: auth });
        const message = payloadSchema.parse(JSON.parse(clear.toString('utf8')));
        return { title: message.title, text: message.body, state: message.state, thread: message.tag };
      },
      accepts: () => ({ status: 201 }),
      refuses: (status, why) => ({ status, body: why }),
      limits: (seconds) => tooMany(seconds),
    },
  };
}

const payloadSchema = z.strictObject({
  title: z.string().min(1),
  body: z.string(),
  tag: z.string(),
  path: z.string(),
  state: z.enum(['firing', 'resolved', 'info']),
  severity: z.enum(['critical', 'warning', 'info']),
  at: z.number(),
});
const claimsSchema = z.object({ aud: z.string(), exp: z.number(), sub: z.string() });

/** RFC 8292: `vapid t=<jwt>, k=<public key>`, signed by that key, for this service, not for longer than a day. */
function verifyVapid(header: string, publicKey: string, audience: string): void {
  const [, token = '', key = ''] = /^vapid t=([^,\s]+), ?k=([A-Za-z0-9_-]+)$/.exec(header) ?? wrong('no VAPID header');
  must(key === publicKey, 'another key than the browser subscribed with');
  const [head = '', body = '', signature = ''] = token.split('.');
  const point = Buffer.from(key, 'base64url');
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const isTrue = verify(
    'sha256',
    Buffer.from(`${head}.${body}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  );
  must(isTrue, 'the token is not signed by the key');
  const claims = claimsSchema.parse(JSON.parse(Buffer.from(body, 'base64url').toString('utf8')));
  must(claims.aud === audience, `a token for ${claims.aud}`);
  must(claims.sub.startsWith('mailto:') || claims.sub.startsWith('https:'), 'no subject');
}
