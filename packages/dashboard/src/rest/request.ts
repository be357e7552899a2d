/** What went wrong with a request, as our problem documents say it (RFC 9457), or as we say it for them. */
export interface Problem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** The next step, in the server's words. */
  readonly next: string;
  readonly status: number;
  /** One line per wrong field or file line, when the server says so. */
  readonly errors: readonly FieldError[];
}

export interface FieldError {
  readonly path: string;
  readonly message: string;
  readonly line: number | null;
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly etag: string | null }
  | { readonly ok: false; readonly problem: Problem };

interface Options {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | undefined;
  readonly body?: unknown;
  /** A text of another kind instead of a JSON body. */
  readonly text?: { readonly type: string; readonly content: string } | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * One request to our own server, by session cookie. Failures come back as values: a screen shows them beside what
 * the person did. `T` is what the server documents for the path; it is our own server, so it is taken at its word.
 */
export async function request<T>(path: string, options: Options = {}): Promise<Answer<T>> {
  const init: RequestInit = {
    method: options.method ?? 'GET',
    credentials: 'same-origin',
    headers: {
      accept: 'application/json',
      ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(options.text === undefined ? {} : { 'content-type': options.text.type }),
      ...options.headers,
    },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.text === undefined ? {} : { body: options.text.content }),
  };
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    return {
      ok: false,
      problem: problem(
        'offline',
        'The server cannot be reached',
        'Check that it runs and that this device is online, then try again.',
      ),
    };
  }
  const text = await response.text();
  const body = parsed(text);
  if (response.ok) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the shape is what our own server documents for the path.
    return { ok: true, value: (body === undefined ? text : body) as T, etag: response.headers.get('etag') };
  }
  return { ok: false, problem: problemOf(response.status, body) };
}

/** The value, or the problem thrown: the shape TanStack Query wants. */
export async function fetched<T>(path: string, signal?: AbortSignal): Promise<T> {
  const answer = await request<T>(path, { signal });
  if (answer.ok) return answer.value;
  throw new RequestError(answer.problem);
}

/** A problem as an error, for those who need one thrown. */
export class RequestError extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = 'RequestError';
    this.problem = problem;
  }
}

/** The problem inside whatever was thrown. */
export function problemIn(error: unknown): Problem {
  if (error instanceof RequestError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return problem('failed', 'Something went wrong', detail);
}

/** A problem of our own making: refused before or besides the server. */
export function problem(code: string, title: string, detail: string = ''): Problem {
  return { code, title, detail, next: '', status: 0, errors: [] };
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function problemOf(status: number, body: unknown): Problem {
  const doc = isObject(body) ? body : {};
  const title = text(doc['title']) || titles[status] || `The server answered ${status}`;
  return {
    code: text(doc['code']) || `http-${status}`,
    title,
    detail: text(doc['detail']),
    next: text(doc['do']),
    status,
    errors: Array.isArray(doc['errors']) ? doc['errors'].map(fieldError) : [],
  };
}

const titles: Readonly<Record<number, string>> = {
  401: 'You are not signed in',
  403: 'You may not do this',
  404: 'Not found',
  409: 'Somebody else changed it meanwhile',
  413: 'Too large',
  429: 'Too many requests, wait a moment',
  503: 'The server is not ready',
};

function fieldError(raw: unknown): FieldError {
  const doc = isObject(raw) ? raw : {};
  const path = Array.isArray(doc['path'])
    ? doc['path'].join('.')
    : text(doc['path']) || text(doc['field']) || text(doc['pointer']);
  return {
    path,
    message: text(doc['message']) || text(doc['detail']) || text(raw),
    line: typeof doc['line'] === 'number' ? doc['line'] : null,
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
