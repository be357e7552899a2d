/**
 * Settings that only one kind of check has. They stand in one field of the check (`probe`), told apart by `kind`, so
 * that a check of a web page does not carry the fields of a database.
 */
import type { Json } from '@statewire/protocol';
import { z } from 'zod';
import { words } from './schema.ts';
import type { ServiceKind } from './service-kind.ts';

interface Settings<K extends ServiceKind> {
  readonly kind: K;
  readonly [field: string]: Json;
}

/** Whether a connection is encrypted. With `on` the certificate must be trusted. */
export type Encryption = 'off' | 'on';

export interface DnsSettings extends Settings<'dns'> {
  readonly record: DnsRecord;
  /** `address` or `address:port` of the server to ask; null asks those of this machine. */
  readonly resolver: string | null;
  /** Values that must all be among the answers, as `dig +short` writes them. */
  readonly expect: readonly string[];
  /** Fewest answers that count as well. */
  readonly answersMin: number;
}

/** A kind of DNS record that a check can ask for. */
export type DnsRecord = 'A' | 'AAAA' | 'CAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SOA' | 'SRV' | 'TXT';

export interface TlsSettings extends Settings<'tls'> {
  /** The protocol that is spoken before the handshake, or null for none. */
  readonly startTls: 'imap' | 'postgres' | 'smtp' | null;
}

export interface WebSocketSettings extends Settings<'websocket'> {
  readonly protocols: readonly string[];
  /** Text to send after the handshake, or null. */
  readonly message: string | null;
  /** Text that must be in a message within the timeout, or null. */
  readonly expect: string | null;
}

export interface GrpcSettings extends Settings<'grpc'> {
  /** The service asked about; empty asks about the whole server. */
  readonly service: string;
  readonly encryption: Encryption;
}

export interface IcmpSettings extends Settings<'icmp'> {
  readonly packets: number;
  /** Highest share of lost packets, in percent, that counts as well. */
  readonly lossMax: number;
}

export interface PostgresSettings extends Settings<'postgres'> {
  readonly user: string;
  readonly database: string;
  readonly encryption: Encryption;
  /** One statement that reads, or null. `value` in conditions is the first column of its first row. */
  readonly query: string | null;
}

export interface MysqlSettings extends Settings<'mysql'> {
  readonly user: string;
  readonly database: string;
  readonly encryption: Encryption;
  readonly query: string | null;
}

export interface RedisSettings extends Settings<'redis'> {
  /** Empty for the default user. */
  readonly user: string;
  readonly encryption: Encryption;
  /** A command that reads, word by word, or null for PING alone. `value` in conditions is its reply. */
  readonly command: readonly string[] | null;
}

export interface NatsSettings extends Settings<'nats'> {
  readonly user: string;
  readonly encryption: Encryption;
}

export interface MqttSettings extends Settings<'mqtt'> {
  readonly user: string;
  readonly encryption: Encryption;
  /** A topic that must have a retained message, or null. `value` in conditions is its text. */
  readonly topic: string | null;
}

export interface A2aSettings extends Settings<'a2a'> {
  /** Ids or names of skills the card must list. */
  readonly skills: readonly string[];
}

export interface LangGraphSettings extends Settings<'langgraph'> {
  /** Graphs an assistant must exist for. */
  readonly graphs: readonly string[];
}

export interface OpenAiSettings extends Settings<'openai'> {
  /** The model that must be listed, or null for any. */
  readonly model: string | null;
  /** Also ask that model for one token. It may cost money: each probe does it. */
  readonly completion: boolean;
}

/** Settings of the kinds that have their own. */
export type ProbeSettings =
  | A2aSettings
  | DnsSettings
  | GrpcSettings
  | IcmpSettings
  | LangGraphSettings
  | MqttSettings
  | MysqlSettings
  | NatsSettings
  | OpenAiSettings
  | PostgresSettings
  | RedisSettings
  | TlsSettings
  | WebSocketSettings;

const encryption = z.enum(['off', 'on']).default('off');
const line = (max: number, min: number): z.ZodType<string> =>
  words(max).refine((text) => text.length >= min, { error: 'expected some text' });
const login = words(128);
const list = (max: number): z.ZodType<readonly string[]> => z.array(line(max, 1)).max(32);

const RESOLVER = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?$/;
// Only what begins like this reads; the transaction it runs in is read-only as well, and rolled back. EXPLAIN is none:
// with ANALYZE it runs what it explains, and PostgreSQL lets it make a table even then.
const READS = /^\s*(select|with|show|values|table)\b/i;
const WRITES_FILE = /\binto\s+(out|dump)file\b/i;

const query = z
  .string()
  .max(4096)
  .refine((text) => READS.test(text), {
    error: 'expected one statement that reads: SELECT, WITH, SHOW, VALUES or TABLE',
  })
  .refine((text) => !WRITES_FILE.test(text), { error: 'found INTO OUTFILE; a check writes nothing' })
  .nullable()
  .default(null);

/** Redis commands that only read, and whose answer is small or cut short. */
const REDIS_READS: ReadonlySet<string> = new Set(
  (
    'PING ECHO TIME ROLE INFO DBSIZE LASTSAVE EXISTS TYPE TTL PTTL GET MGET STRLEN GETRANGE HGET HLEN HEXISTS HMGET ' +
    'LLEN LINDEX SCARD SISMEMBER ZCARD ZSCORE ZCOUNT ZRANK XLEN BITCOUNT PFCOUNT'
  ).split(' '),
);

const command = z
  .array(words(1024))
  .min(1)
  .max(16)
  .refine((parts) => REDIS_READS.has(parts[0]?.toUpperCase() ?? ''), {
    error: `expected a command that reads: ${[...REDIS_READS].join(', ')}`,
  })
  .nullable()
  .default(null);

const topic = words(512)
  .refine((text) => text !== '' && !/[+#]/.test(text), {
    error: 'expected one topic; + and # would subscribe to many',
  })
  .nullable()
  .default(null);

const SCHEMAS = {
  a2a: z.strictObject({ kind: z.literal('a2a'), skills: list(200).default([]) }),
  dns: z.strictObject({
    kind: z.literal('dns'),
    record: z.enum(['A', 'AAAA', 'CAA', 'CNAME', 'MX', 'NS', 'PTR', 'SOA', 'SRV', 'TXT']).default('A'),
    resolver: z
      .string()
      .regex(RESOLVER, { error: 'expected an address such as 9.9.9.9, 9.9.9.9:53 or [2620:fe::fe]:53' })
      .nullable()
      .default(null),
    expect: list(512).default([]),
    answersMin: z.int().min(0).max(1000).default(1),
  }),
  grpc: z.strictObject({ kind: z.literal('grpc'), service: words(256).default(''), encryption }),
  icmp: z.strictObject({
    kind: z.literal('icmp'),
    packets: z.int().min(1).max(10).default(3),
    lossMax: z.number().min(0).max(99).default(34),
  }),
  langgraph: z.strictObject({ kind: z.literal('langgraph'), graphs: list(200).default([]) }),
  mqtt: z.strictObject({ kind: z.literal('mqtt'), user: login.default(''), encryption, topic }),
  mysql: z.strictObject({
    kind: z.literal('mysql'),
    user: login.default('root'),
    database: login.default(''),
    encryption,
    query,
  }),
  nats: z.strictObject({ kind: z.literal('nats'), user: login.default(''), encryption }),
  openai: z.strictObject({
    kind: z.literal('openai'),
    model: line(200, 1).nullable().default(null),
    completion: z.boolean().default(false),
  }),
  postgres: z.strictObject({
    kind: z.literal('postgres'),
    user: line(128, 1).default('postgres'),
    database: line(128, 1).default('postgres'),
    encryption,
    query,
  }),
  redis: z.strictObject({ kind: z.literal('redis'), user: login.default(''), encryption, command }),
  tls: z.strictObject({
    kind: z.literal('tls'),
    startTls: z.enum(['imap', 'postgres', 'smtp']).nullable().default(null),
  }),
  websocket: z.strictObject({
    kind: z.literal('websocket'),
    protocols: list(128).default([]),
    message: z.string().max(4096).nullable().default(null),
    expect: z.string().min(1).max(1024).nullable().default(null),
  }),
} as const;

/** Any kind's settings. What is left out has its default. */
export const probeSettingsSchema: z.ZodType<ProbeSettings> = z.discriminatedUnion('kind', [
  SCHEMAS.a2a,
  SCHEMAS.dns,
  SCHEMAS.grpc,
  SCHEMAS.icmp,
  SCHEMAS.langgraph,
  SCHEMAS.mqtt,
  SCHEMAS.mysql,
  SCHEMAS.nats,
  SCHEMAS.openai,
  SCHEMAS.postgres,
  SCHEMAS.redis,
  SCHEMAS.tls,
  SCHEMAS.websocket,
]);

/** The settings a check of this kind has when nobody said, or null for kinds without their own. */
export function probeDefaults(kind: ServiceKind): ProbeSettings | null {
  return isOwn(kind) ? SCHEMAS[kind].parse({ kind }) : null;
}

function isOwn(kind: ServiceKind): kind is keyof typeof SCHEMAS {
  return Object.hasOwn(SCHEMAS, kind);
}
