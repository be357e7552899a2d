import { lookup as systemLookup } from 'node:dns/promises';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, getCACertificates, type TLSSocket } from 'node:tls';
import { ok, type Result } from '@statewire/protocol';
import { systemClock, type Clock } from '../../lib/clock.ts';
import { compileAllow, denialOf, type AllowRule } from './addresses.ts';
import { Budget } from './budget.ts';
import { ABORTED, fail, faultOf, type Fault } from './fault.ts';

export interface EgressOptions {
  /** `public`: only ordinary public addresses and what `allow` lists. `any`: every address. */
  readonly mode: 'public' | 'any';
  readonly allow: readonly AllowRule[];
  readonly clock?: Clock | undefined;
  /** Certificates trusted beside the system's, PEM. */
  readonly ca?: readonly string[] | undefined;
  /** All addresses of a name. Default: the system's resolver. */
  readonly lookup?: ((host: string) => Promise<readonly string[]>) | undefined;
}

interface ConnectOptions {
  /** A name or an address, IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls?: boolean | undefined;
  /** Name expected in the certificate. Default: `host`. */
  readonly servername?: string | undefined;
  /** Resolving, connecting and the TLS handshake together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Protocols offered in the handshake. Default: `http/1.1`. */
  readonly alpn?: readonly string[] | undefined;
  /** False to look at a bad certificate instead of refusing it. Never for a connection that carries secrets. */
  readonly isStrict?: boolean | undefined;
}

/** An open connection to an address that was checked. The caller owns the socket. */
export interface Connection {
  readonly socket: Socket;
  /** The same socket when it speaks TLS, else null. */
  readonly tls: TLSSocket | null;
  readonly dnsMs: number;
  readonly connectMs: number;
  readonly tlsMs: number | null;
}

/** The one way out of this process for probes, webhooks, discovery and key fetches. */
export interface Egress {
  readonly mode: 'public' | 'any';
  /** Every certificate that is trusted, PEM, for a connection that becomes TLS later; undefined: the system's. */
  readonly ca?: readonly string[] | undefined;
  /** The addresses a connection would use, or why it may not be made. Asked again by every `connect`. */
  check(host: string, port: number): Promise<Result<readonly string[], Fault>>;
  connect(options: ConnectOptions): Promise<Result<Connection, Fault>>;
  /** Encrypts a connection that began in plain text (STARTTLS). What the peer sent before must have been read. */
  secure(socket: Socket, options: Omit<ConnectOptions, 'tls'>): Promise<Result<TLSSocket, Fault>>;
}

/**
 * Makes the outbound-connection factory. The literal or every resolved address is judged at connect time and
 * the connection is pinned to what was judged: no second lookup happens between the check and the connect, so
 * a name that changes its mind (DNS rebinding) gains nothing.
 */
export function createEgress(options: EgressOptions): Egress {
  const clock = options.clock ?? systemClock;
  const resolve = options.lookup ?? resolveAll;
  const isAllowed = compileAllow(options.allow);

  const judge = (address: string, port: number): string | null =>
    options.mode === 'any' || isAllowed(address, port) ? null : denialOf(address);

  const check = async (rawHost: string, port: number): Promise<Result<readonly string[], Fault>> => {
    const host = rawHost.startsWith('[') && rawHost.endsWith(']') ? rawHost.slice(1, -1) : rawHost;
    // A zone id picks one of our own interfaces; nothing outside needs it, and parsers disagree about it.
    if (host === '' || host.includes('%')) return fail('dns', 'The host name is empty or holds a zone id.');
    let addresses: readonly string[];
    try {
      addresses = isIP(host) > 0 ? [host] : await resolve(host);
    } catch (error) {
      return faultOf(error);
    }
    if (addresses.length === 0) return fail('dns', 'The host name has no address.');
    for (const address of addresses) {
      // One bad address is enough: a mixed answer is how rebinding starts.
      const denial = judge(address, port);
      if (denial !== null)
        return fail(
          'egress_denied',
          `The target is ${denial}; probes of this server may only reach public addresses. ${DENIED_HELP}`,
        );
    }
    return ok(addresses);
  };

  return {
    mode: options.mode,
    ca: options.ca === undefined ? undefined : [...getCACertificates('default'), ...options.ca],
    check,
    secure: (socket, secureOptions) =>
      openTls(clock, new Budget(clock, secureOptions.timeoutMs), secureOptions, socket, options.ca),
    async connect(connectOptions) {
      const budget = new Budget(clock, connectOptions.timeoutMs);
      const startedAt = clock.mono();
      // A name server that never answers must not hold the probe: the lookup is left behind, its answer unused.
      const checked = await beforeEnd(
        clock,
        budget,
        connectOptions.signal,
        check(connectOptions.host, connectOptions.port),
      );
      if (!checked.ok) return checked;
      const dnsMs = clock.mono() - startedAt;
      const tcp = await openTcp(clock, budget, connectOptions, checked.value);
      if (!tcp.ok) return tcp;
      const connectMs = clock.mono() - startedAt - dnsMs;
      if (connectOptions.tls !== true) return ok({ socket: tcp.value, tls: null, dnsMs, connectMs, tlsMs: null });
      const tls = await openTls(clock, budget, connectOptions, tcp.value, options.ca);
      if (!tls.ok) return tls;
      return ok({
        socket: tls.value,
        tls: tls.value,
        dnsMs,
        connectMs,
        tlsMs: clock.mono() - startedAt - dnsMs - connectMs,
      });
    },
  };
}

const DENIED_HELP = 'To allow it, set STATEWIRE_EGRESS=any or list its range under egress.allow in the configuration.';
const TIMEOUT: Fault = { code: 'timeout_connect', message: 'No connection within the connect timeout.' };

async function resolveAll(host: string): Promise<readonly string[]> {
  const found = await systemLookup(host, { all: true, order: 'verbatim' });
  return found.map((entry) => entry.address);
}

function openTcp(
  clock: Clock,
  budget: Budget,
  options: ConnectOptions,
  addresses: readonly string[],
): Promise<Result<Socket, Fault>> {
  const pinned = addresses.map((address) => ({ address, family: isIP(address) }));
  const [first, ...others] = pinned;
  if (first === undefined) return Promise.resolve(fail('dns', 'The host name has no address.'));
  const socket =
    others.length === 0
      ? connectTcp({ host: first.address, port: options.port, noDelay: true })
      : connectTcp({
          // Node calls `lookup` for names only, never for literals; literals took the branch above.
          host: options.host,
          port: options.port,
          noDelay: true,
          autoSelectFamily: true,
          lookup: (_host, _options, done) => done(null, pinned),
        });
  return settle(clock, budget, options.signal, socket, 'connect', () => {
    const peer = socket.remoteAddress;
    if (peer !== undefined && addresses.some((address) => isSameAddress(address, peer))) return null;
    return fail('egress_denied', `The connection went to another address than the checked one. ${DENIED_HELP}`);
  });
}

function isSameAddress(checked: string, peer: string): boolean {
  const short = (address: string): string =>
    isIP(address) === 6 ? new URL(`http://[${address.split('%', 1)[0] ?? address}]/`).hostname : address;
  return short(checked) === short(peer);
}

function openTls(
  clock: Clock,
  budget: Budget,
  options: ConnectOptions,
  socket: Socket,
  ca: readonly string[] | undefined,
): Promise<Result<TLSSocket, Fault>> {
  const name = options.servername ?? options.host.replace(/^\[|\]$/g, '');
  const secured = connectTls({
    socket,
    // Server Name Indication must not carry an address; the certificate is still compared with `host`.
    ...(isIP(name) > 0 ? {} : { servername: name }),
    host: name,
    ALPNProtocols: [...(options.alpn ?? ['http/1.1'])],
    rejectUnauthorized: options.isStrict !== false,
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ...ca] }),
  });
  return settle(clock, budget, options.signal, secured, 'secureConnect', () => null);
}

/** Waits for a socket to be ready, to fail, to run out of time or to be called off. A socket that lost is destroyed. */
function settle<S extends Socket>(
  clock: Clock,
  budget: Budget,
  signal: AbortSignal | undefined,
  socket: S,
  event: 'connect' | 'secureConnect',
  verify: () => Result<never, Fault> | null,
): Promise<Result<S, Fault>> {
  return new Promise((resolve) => {
    const end = (result: Result<S, Fault>): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
      socket.off(event, onReady);
      // An error nobody listens for ends the process: neither a late one of a lost socket nor an early one of a
      // socket its new owner has not taken yet may do that.
      socket.on('error', () => undefined);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const onError = (error: Error): void => end(faultOf(error));
    const onClose = (): void => end(fail('reset', 'The connection was closed while it was being opened.'));
    const onAbort = (): void => end({ ok: false, ...ABORTED });
    const onReady = (): void => end(verify() ?? ok(socket));
    const timer = clock.after(budget.leftMs, () => end({ ok: false, ...TIMEOUT }));
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.on(event, onReady);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}

/** The promise's outcome, or a timeout, or an abort: whichever is first. */
function beforeEnd<T>(
  clock: Clock,
  budget: Budget,
  signal: AbortSignal | undefined,
  work: Promise<Result<T, Fault>>,
): Promise<Result<T, Fault>> {
  return new Promise((resolve) => {
    const end = (result: Result<T, Fault>): void => {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const onAbort = (): void => end({ ok: false, ...ABORTED });
    const timer = clock.after(budget.leftMs, () => end({ ok: false, ...TIMEOUT }));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    work.then(end, (error: unknown) => end(faultOf(error)));
  });
}
