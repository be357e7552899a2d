import { createHash, randomBytes } from 'node:crypto';

/** A new token of an embed: 256 bits, told from every other credential by its beginning. */
export function mintEmbedToken(): string {
  return `${EMBED_TOKEN}${randomBytes(32).toString('base64url')}`;
}

/** What a token is found by. 256 random bits need no slow hash. */
export function embedDigest(token: string): string {
  return createHash('sha256').update(token, 'utf8').digest('hex');
}

/** How tokens of embeds begin. */
export const EMBED_TOKEN = 'sw_embed_';

/** Document kind of the sealed token; keyed by the id of the embed. */
export const EMBED_TOKENS = 'embed-token';
