/**
 * Who came, who went, and who was not let in, in the server's own log: a line for each, as long as there are not too many of
 * them. What is beyond so many lines a minute is one line with its numbers when the minute is over: a storm of reconnects must
 * not become a storm of lines. Credentials are in none of them.
 */
import type { Clock, Timer } from '../lib/clock.ts';
import type { Limits } from '../lib/limits.ts';
import type { Log } from '../lib/log.ts';
import type { From, Principal } from '../lib/principal.ts';

export interface ConnectionLogDeps {
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'connectionLinesMs' | 'connectionLinesPerMinuteMax'>;
  readonly log: Pick<Log, 'info' | 'warn'>;
}

type Kind = 'connected' | 'disconnected' | 'refused';

/** One connection, as its lines name it. */
export interface Named {
  readonly session: string;
  readonly from: From | undefined;
  readonly isPanel: boolean;
}

export class ConnectionLog {
  readonly #deps: ConnectionLogDeps;
  /** When the running minute began. */
  #since = -Infinity;
  #lines = 0;
  #more: Record<Kind, number> = { connected: 0, disconnected: 0, refused: 0 };
  #timer: Timer | null = null;

  constructor(deps: ConnectionLogDeps) {
    this.#deps = deps;
  }

  connected(named: Named, principal: Principal): void {
    if (this.#hasRoom('connected')) this.#deps.log.info({ ...said(named), ...whoIs(principal) }, 'connected');
  }

  /** `code` is why: of the close, or `gone` when the caller just went. */
  disconnected(named: Named, principal: Principal, { code, ms }: { readonly code: string; readonly ms: number }): void {
    if (this.#hasRoom('disconnected'))
      this.#deps.log.info({ ...said(named), ...whoIs(principal), code, ms: Math.round(ms) }, 'disconnected');
  }

  /** Somebody was not let in: `code` of the refusal, or `gone` when they went before they said who they are. */
  refused({ session, from, isPanel }: Partial<Named>, code: string): void {
    if (!this.#hasRoom('refused')) return;
    const { log } = this.#deps;
    const details = { ...said({ session: session ?? '', from, isPanel: isPanel === true }), code };
    // A network that breaks, and a server that stops, are nobody's failed attempt.
    if (code === 'gone' || code === 'restart') log.info(details, 'connection ended before it began');
    else log.warn(details, 'connection refused');
  }

  /** Tells what was only counted. */
  close(): void {
    this.#timer?.cancel();
    this.#over();
  }

  #hasRoom(kind: Kind): boolean {
    const { clock, limits } = this.#deps;
    const now = clock.mono();
    if (now - this.#since >= limits.connectionLinesMs) {
      this.#since = now;
      this.#lines = 0;
    }
    if (this.#lines < limits.connectionLinesPerMinuteMax) {
      this.#lines += 1;
      return true;
    }
    this.#more[kind] += 1;
    this.#timer ??= clock.after(this.#since + limits.connectionLinesMs - now, () => this.#over());
    return false;
  }

  #over(): void {
    this.#timer = null;
    const more = this.#more;
    this.#more = { connected: 0, disconnected: 0, refused: 0 };
    if (more.connected + more.disconnected + more.refused > 0)
      this.#deps.log.info({ ...more }, 'more connections came and went than have lines of their own');
  }
}

function said({ session, from, isPanel }: Named): object {
  return {
    ...(session === '' ? {} : { session }),
    ip: from?.ip ?? 'unknown',
    door: isPanel ? 'panel' : (from?.door ?? 'dialect'),
  };
}

function whoIs({ kind, id, org }: Principal): object {
  return { who: `${kind}:${id}`, org };
}
