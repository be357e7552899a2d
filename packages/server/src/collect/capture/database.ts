/**
 * A connection to the database of a capture. The driver is loaded when the first one is opened. Values come as the texts that the
 * database writes, in one time zone and one style of dates, by a query as by replication.
 */
import { assert, ok, type Result } from '@statewire/protocol';
import type { Client, QueryArrayResult } from 'pg';
import type { Clock } from '../../lib/clock.ts';
import { createEgress, type Egress } from '../egress/egress.ts';
import { metered } from '../egress/metered.ts';
import { encryptionOf } from './encryption.ts';
import { saidOf, trouble, type Trouble } from './trouble.ts';

export interface DatabaseOptions {
  readonly clock: Clock;
  readonly url: string;
  /** As the database lists it: `statewire-capture shop`. */
  readonly name: string;
  readonly isReplication: boolean;
  /** The way there; absent: anywhere, because whoever runs this machine named the place. */
  readonly egress?: Egress | undefined;
  readonly connectMs: number;
  readonly statementMs: number;
}

/** Rows as lists of texts. */
export type Texts = readonly (readonly (string | null)[])[];

export class Database {
  /** Resolves when the connection is gone, with why. */
  readonly gone: Promise<Trouble>;
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #statementMs: number;

  private constructor(client: Client, clock: Clock, statementMs: number) {
    this.#client = client;
    this.#clock = clock;
    this.#statementMs = statementMs;
    const gone = Promise.withResolvers<Trouble>();
    this.gone = gone.promise;
    client.on('error', (error) => gone.resolve(saidOf(error)));
    client.on('end', () => gone.resolve(saidOf(new Error('Connection terminated'))));
  }

  static async open(options: DatabaseOptions): Promise<Result<Database>> {
    const { clock, url, connectMs } = options;
    const at = new URL(url);
    const host = at.hostname.startsWith('[') ? at.hostname.slice(1, -1) : at.hostname;
    const port = at.port === '' ? 5_432 : Number(at.port);
    // Files of this machine are named by its operator only, and not by whoever may look at a database.
    const encryption = await encryptionOf(at, host, { isOperator: options.egress === undefined });
    if (!encryption.ok) return encryption;
    // Whoever writes the configuration names the database: that is as good as a line of egress.allow.
    const egress = options.egress ?? createEgress({ mode: 'any', allow: [], clock });
    const connected = await egress.connect({ host, port, timeoutMs: connectMs });
    if (!connected.ok)
      return trouble('unreachable', `the database at ${host}:${port} does not answer: ${connected.message}`);
    const { default: Driver } = await import('pg/lib/client.js');
    const { socket } = connected.value;
    const stream = metered(socket, Number.MAX_SAFE_INTEGER);
    const client = new Driver({
      host,
      port,
      user: decodeURIComponent(at.username) || 'postgres',
      database: decodeURIComponent(at.pathname.slice(1)) || 'postgres',
      // A function: an empty password would be looked for in the environment and in files of this machine.
      password: () => decodeURIComponent(at.password),
      ssl: encryption.value,
      application_name: options.name,
      options: '-c datestyle=ISO -c timezone=UTC -c intervalstyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1',
      stream: () => stream,
      types: { getTypeParser: () => (text: string) => text },
      ...(options.isReplication ? { replication: 'database' } : {}),
    });
    const made = new Database(client, clock, options.statementMs);
    let found: unknown = null;
    const wire: unknown = Reflect.get(client, 'connection');
    if (isWire(wire)) wire.on('sslconnect', () => wire.stream.on('error', (flaw) => (found ??= flaw)));
    const limit = clock.after(connectMs, () => stream.destroy(new Error('Connection timed out')));
    try {
      await client.connect();
      return ok(made);
    } catch (error) {
      stream.destroy();
      // The connection below ends first, and its end says nothing: what the handshake found comes a turn later.
      await new Promise<void>((resolve) => clock.soon(resolve));
      return { ok: false, ...saidOf(found ?? error) };
    } finally {
      limit.cancel();
    }
  }

  /** One statement. With values it is prepared; without, it may be one of the replication language. */
  async query(
    text: string,
    values?: readonly (string | null)[],
    limitMs: number = this.#statementMs,
  ): Promise<Result<Texts>> {
    const limit = this.#clock.after(limitMs, () => this.close());
    try {
      const asked = { text, rowMode: 'array' as const, ...(values === undefined ? {} : { values: [...values] }) };
      const answered: QueryArrayResult<(string | null)[]> = await this.#client.query<(string | null)[]>(asked);
      return ok(answered.rows);
    } catch (error) {
      return { ok: false, ...saidOf(error) };
    } finally {
      limit.cancel();
    }
  }

  /** Starts replication: from here on the connection carries copy data both ways, until it is closed. */
  copyBoth(text: string, onData: (chunk: Buffer) => void): CopyBoth {
    const wire: unknown = Reflect.get(this.#client, 'connection');
    assert(isWire(wire), 'the driver has no connection of the form that replication needs');
    wire.on('copyData', (message) => {
      if (isChunk(message)) onData(message.chunk);
    });
    const failed = Promise.withResolvers<Trouble>();
    this.#client.query(text).then(
      () => failed.resolve({ code: 'ended', message: 'the database ended the replication' }),
      (error: unknown) => failed.resolve(saidOf(error)),
    );
    return {
      ended: failed.promise,
      send: (chunk) => wire.sendCopyFromChunk(chunk),
      pause: () => wire.stream.pause(),
      resume: () => wire.stream.resume(),
    };
  }

  /** Cuts the connection; what was under way fails. */
  close(): void {
    const wire: unknown = Reflect.get(this.#client, 'connection');
    if (isWire(wire)) wire.stream.destroy();
  }
}

/** A connection that carries data both ways. */
export interface CopyBoth {
  /** It never ends well: with why it did. */
  readonly ended: Promise<Trouble>;
  send(chunk: Buffer): void;
  /** Nothing is read until `resume`: the database waits, and so does its log. */
  pause(): void;
  resume(): void;
}

/** What of the driver's connection is needed and not in its types. */
interface Wire {
  readonly stream: {
    pause(): void;
    resume(): void;
    destroy(): void;
    on(event: 'error', listener: (error: Error) => void): void;
  };
  sendCopyFromChunk(chunk: Buffer): void;
  on(event: string, listener: (message: unknown) => void): void;
}

function isWire(value: unknown): value is Wire {
  return (
    typeof value === 'object' && value !== null && 'sendCopyFromChunk' in value && 'stream' in value && 'on' in value
  );
}

function isChunk(value: unknown): value is { readonly chunk: Buffer } {
  return typeof value === 'object' && value !== null && 'chunk' in value && Buffer.isBuffer(value.chunk);
}
