/** What the transports over requests share: addresses, headers, and what an answer that is no message means. */
import { closeNames, isCode, isJsonObject, parseMessage, type Code } from '@statewire/protocol';

/** The address of a door beside the live endpoint: `wss://host/base/live`, `/live/v1/sse` -> `https://host/base/live/v1/sse`. */
export function besideLive(liveUrl: string, path: string): string {
  const url = new URL(liveUrl);
  url.protocol = url.protocol.replace(/^ws/, 'http');
  url.pathname = url.pathname.replace(/\/live\/?$/, path);
  url.search = '';
  return url.href;
}

/** The credential, in the header: never in an address. Without one the session cookie speaks. */
export function bearer(token: string | null): Readonly<Record<string, string>> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** How a wire over requests ended when nobody answered, as far as that can be told: no other way would be answered either. */
export const NO_ANSWER = 'no answer';

/** What is to be told of an answer that is none of a Statewire server's; a status of 0 is no answer at all. */
export function silence(status: number): string {
  return status === 0 || (status >= 502 && status <= 504) ? NO_ANSWER : `HTTP ${status}`;
}

/** What a server said instead of messages. */
export interface Refused {
  readonly code: Code;
  readonly message: string;
  readonly closeCode: number;
  readonly retryMs: number | null;
}

/** Reads a problem document of a Statewire server; null for whatever else stands between says. */
function refusalOf(type: string | null, retryAfter: string | null, body: string): Refused | null {
  if (type?.startsWith('application/problem+json') !== true) return null;
  const parsed = parseMessage(body);
  const { code, detail } = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  if (typeof code !== 'string' || !isCode(code)) return null;
  const seconds = Number(retryAfter ?? 'none');
  return {
    code,
    message: typeof detail === 'string' ? detail : code,
    closeCode: closeCodeOf(code),
    retryMs: Number.isFinite(seconds) && retryAfter !== null ? seconds * 1_000 : null,
  };
}

/** The last word of a server before a close, as it is said on a socket. */
export function fatal({ code, message, retryMs }: Refused): string {
  return JSON.stringify({ t: 'err', code, msg: message, fatal: true, ...(retryMs === null ? {} : { retry: retryMs }) });
}

/** As a socket would have been closed for it. */
function closeCodeOf(code: Code): number {
  if (code.startsWith('auth_')) return named('token_needed');
  if (code === 'forbidden') return named('forbidden');
  if (code === 'rate_limited') return named('rate');
  if (code === 'unsupported') return named('version');
  return code === 'bad_request' ? named('protocol') : named('restart');
}

function named(name: (typeof closeNames)[keyof typeof closeNames]): number {
  return Number(Object.entries(closeNames).find(([, each]) => each === name)?.[0]);
}

/** Characters of a refusal that are kept. A problem document is shorter; a proxy's page may have no end. */
const REFUSAL_LENGTH_MAX = 65_536;

/** One answer as it arrives: lines while it is a good one, else what is said instead of them. */
export class Answer {
  /** Of HTTP; 0 before anything came. */
  status = 0;
  readonly #lines = new Lines();
  #header: (name: string) => string | null = () => null;
  #body = '';

  readonly head = (status: number, header: (name: string) => string | null): void => {
    this.status = status;
    this.#header = header;
  };

  /** The lines of a good answer that are complete now. */
  take(part: string): readonly string[] {
    if (this.status === 200) return this.#lines.take(part);
    this.#body = (this.#body + part).slice(0, REFUSAL_LENGTH_MAX);
    return [];
  }

  get etag(): string | null {
    return this.#header('etag');
  }

  /** What the server refused it with; null of a good answer, and of one that is not the server's. */
  get refused(): Refused | null {
    return this.status === 200
      ? null
      : refusalOf(this.#header('content-type'), this.#header('retry-after'), this.#body);
  }
}

/** The message on a line of a list, `]` at its end, or null for what is neither. */
export function listed(line: string): string | null {
  if (line === ']') return line;
  if (!line.startsWith('{')) return null;
  return line.endsWith(',') ? line.slice(0, -1) : line;
}

/** Cuts what arrives into lines, whatever its parts are. */
class Lines {
  #rest = '';

  /** The lines that are complete now. */
  take(part: string): readonly string[] {
    const lines = (this.#rest + part).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }
}
