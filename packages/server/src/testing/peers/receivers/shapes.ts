import { z } from 'zod';
import type { Answer, Incoming } from './receiver.ts';
import { must, wrong } from './receiver.ts';

/** The JSON body, by the provider's schema. Strict: what it does not document is a problem. */
export function bodyOf<T>(incoming: Incoming, schema: z.ZodType<T>, contentType = 'application/json'): T {
  must(
    incoming.headers['content-type']?.startsWith(contentType) === true,
    `content-type ${incoming.headers['content-type']}`,
  );
  let raw: unknown;
  try {
    raw = JSON.parse(incoming.body.toString('utf8'));
  } catch {
    wrong('no JSON');
  }
  const read = schema.safeParse(raw);
  return read.success ? read.data : wrong(z.prettifyError(read.error));
}

export function posted(incoming: Incoming, path: string | RegExp): void {
  must(incoming.method === 'POST', `method ${incoming.method}`);
  must(typeof path === 'string' ? incoming.path === path : path.test(incoming.path), `path ${incoming.path}`);
}

export function jsonAnswer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

/** The usual way to ask for a pause. */
export function tooMany(seconds: number, body = ''): Answer {
  return { status: 429, headers: { 'retry-after': String(seconds) }, body };
}

/** What a reader of Markdown sees when every mark is escaped: a backslash before punctuation stands for that character. */
export function readMarkdown(text: string): string {
  const bare = text.replaceAll(/\\[^\p{L}\p{N}\s]/gu, '');
  must(!/[*_~`|[\]<>#]/.test(bare), `an unescaped mark in ${JSON.stringify(bare.slice(0, 80))}`);
  must(!/@(all|channel|here|everyone)\b/.test(bare), 'a mention of everybody');
  return text.replaceAll(/\\([^\p{L}\p{N}\s])/gu, '$1').replaceAll('@\u200b', '@');
}

export function readHtml(text: string): string {
  const lines = text.replaceAll('<br>', '\n');
  must(!/[<>"]/.test(lines), `a tag in ${JSON.stringify(lines.slice(0, 80))}`);
  must(!/&(?!(amp|lt|gt|quot|#39);)/.test(lines), 'an ampersand that is no entity');
  return unescaped(lines);
}

export function readSlackText(text: string): string {
  must(!/[<>]/.test(text), `a link or mention in ${JSON.stringify(text.slice(0, 80))}`);
  must(!/&(?!(amp|lt|gt);)/.test(text), 'an ampersand that is no entity');
  return unescaped(text);
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

export const url: z.ZodType<string> = z.url();
export const text = (max: number): z.ZodType<string> => z.string().min(1).max(max);
export const iso: z.ZodType<string> = z.iso.datetime();
