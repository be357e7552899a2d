/** What checks of web addresses have in common, whoever wrote them. */
import { LeftError } from './plan.ts';

/** Header names whose values are credentials wherever they appear. */
const SECRET_HEADER = /^(authorization|proxy-authorization|cookie|.*(token|secret|api-?key|password|session).*)$/i;

/** Headers as checks keep them: credentials apart from the rest. */
export interface Headers {
  readonly headers: Readonly<Record<string, string>>;
  readonly secretHeaders: Readonly<Record<string, string>>;
}

/** Tells credentials from the other headers. */
export function splitHeaders(given: readonly (readonly [name: string, value: string])[]): Headers {
  const headers: [string, string][] = [];
  const secretHeaders: [string, string][] = [];
  for (const pair of given) (SECRET_HEADER.test(pair[0]) ? secretHeaders : headers).push([...pair]);
  return { headers: Object.fromEntries(headers), secretHeaders: Object.fromEntries(secretHeaders) };
}

export function basicAuth(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** The address without a user and password in it, and these as a header. */
export function takeLogin(url: string): { readonly url: string; readonly authorization: string | null } {
  const parts = /^([a-z]+:\/\/)([^/?#@]*)@(.*)$/is.exec(url);
  if (parts === null) return { url, authorization: null };
  const [user = '', ...rest] = (parts[2] ?? '').split(':');
  return {
    url: `${parts[1] ?? ''}${parts[3] ?? ''}`,
    authorization: basicAuth(decoded(user), decoded(rest.join(':'))),
  };
}

/** Methods that a check sends. */
export function methodOf(text: string): 'GET' | 'HEAD' | 'POST' {
  const method = text === '' ? 'GET' : text.toUpperCase();
  if (method === 'GET' || method === 'HEAD' || method === 'POST') return method;
  throw new LeftError(
    `found method ${method}, and checks send GET, HEAD and POST`,
    'check it with GET or HEAD if the server answers those',
  );
}

/** A database's or broker's address in one line, taken apart. */
export interface Login {
  readonly scheme: string;
  readonly target: string;
  readonly user: string;
  readonly password: string;
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads `postgres://user:password@host:port/name?x=y`. */
export function readLogin(text: string, ports: Readonly<Record<string, number>>): Login {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new LeftError(
      'its connection string is no address',
      `write it as ${Object.keys(ports)[0] ?? 'scheme'}://user:password@host:port/name`,
    );
  }
  const scheme = url.protocol.slice(0, -1).toLowerCase();
  const port = ports[scheme];
  if (port === undefined)
    throw new LeftError(
      `found ${scheme}://, expected ${Object.keys(ports).join(':// or ')}://`,
      'correct its connection string',
    );
  return {
    scheme,
    target: `${url.hostname}:${url.port === '' ? port : url.port}`,
    user: decoded(url.username),
    password: decoded(url.password),
    path: decoded(url.pathname.slice(1)),
    query: url.searchParams,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}
