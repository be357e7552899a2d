import { text, UsageError, type Args, type Terminal } from './command.ts';

/** Options that every command which talks to a running server takes. */
export const apiOptions = {
  url: { type: 'string' },
  key: { type: 'string' },
} as const;

/** Where the server is and with which key. Keys come from the environment so that they stay out of shell histories. */
export function endpoint(terminal: Terminal, args: Args): { readonly url: string; readonly key: string } {
  const port = terminal.env['STATEWIRE_PORT'] ?? '4800';
  const url = text(args, 'url') ?? terminal.env['STATEWIRE_URL'] ?? `http://127.0.0.1:${port}`;
  const key = text(args, 'key') ?? terminal.env['STATEWIRE_KEY'] ?? terminal.env['STATEWIRE_ADMIN_KEY'];
  if (key === undefined) {
    throw new UsageError('found no API key: set STATEWIRE_KEY (make one under Settings, API keys, in the dashboard)');
  }
  return { url: url.replace(/\/$/, ''), key };
}

/** The server's answer to one request. */
export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly body: unknown;
}

/** One REST request; a server that cannot be reached is an answer too, in words a person can act on. */
export async function call(
  at: { readonly url: string; readonly key: string },
  request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: unknown },
): Promise<Answer> {
  const { method, path, body } = request;
  return ask(at, path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

/** Sends a text as it is, for routes that read files. */
export function send(
  at: { readonly url: string; readonly key: string },
  { path, type, body }: { readonly path: string; readonly type: string; readonly body: string },
): Promise<Answer> {
  return ask(at, path, { method: 'POST', headers: { 'content-type': type }, body });
}

/** Gets a text as it is; a refusal is parsed. */
export function fetchText(at: { readonly url: string; readonly key: string }, path: string): Promise<Answer> {
  return ask(at, path, { method: 'GET', headers: {} }, (raw) => raw);
}

async function ask(
  at: { readonly url: string; readonly key: string },
  path: string,
  init: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
  read: (raw: string) => unknown = parse,
): Promise<Answer> {
  try {
    const headers = { authorization: `Bearer ${at.key}`, ...init.headers };
    const response = await fetch(`${at.url}${path}`, { ...init, headers });
    const raw = await response.text();
    return { ok: response.ok, status: response.status, body: raw === '' ? null : response.ok ? read(raw) : parse(raw) };
  } catch (error) {
    // fetch rejects with TypeError for everything the network does.
    if (!(error instanceof TypeError)) throw error;
    const cause = error.cause instanceof Error ? error.cause.message : error.message;
    return { ok: false, status: 0, body: { detail: `cannot reach ${at.url}: ${cause}. Is the server running?` } };
  }
}

/** The sentence of a refused answer. */
export function problem(answer: Answer): string {
  if (typeof answer.body === 'object' && answer.body !== null) {
    const detail: unknown = Reflect.get(answer.body, 'detail') ?? Reflect.get(answer.body, 'title');
    if (typeof detail === 'string') return detail;
  }
  return `the server answered ${answer.status}`;
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch (error) {
    if (error instanceof SyntaxError) return { detail: raw.slice(0, 200) };
    throw error;
  }
}
