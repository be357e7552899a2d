import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { LineCounter, parseDocument, isNode, type Document } from 'yaml';
import { z } from 'zod';
import { captureListSchema, planOf, type AnyPlan } from './collect/capture/plans.ts';
import { parseHostPort } from './collect/probes/tcp.ts';
import { dialectsSchema, toDialects, type DialectsConfig } from './config-dialects.ts';
import {
  mailFromSchema,
  mailSchema,
  mailUrlSchema,
  oidcListSchema,
  secretOf,
  toMail,
  toOidc,
  type MailConfig,
  type OidcConfig,
  type SecretSources,
} from './config-people.ts';
import { REALTIME_DEFAULT, realtimeSchema, type RealtimeConfig } from './config-realtime.ts';
import { limits } from './lib/limits.ts';
import { isNestedDeeper } from './lib/yaml-nesting.ts';

/**
 * Everything an operator may set, validated once and frozen. The environment wins over the file, the file over the
 * defaults. This is the only file that reads `process.env`. A setting that is wrong stops the start, with all problems
 * at once: half a configuration is how a door is left open.
 */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Absolute path of the data directory. */
  readonly data: string;
  /** Absolute path of the file that was read, or null. */
  readonly file: string | null;
  readonly adminKey: string | null;
  /** Keys that secrets are stored under, newest first; null: the key file in the data directory. */
  readonly secretKeys: readonly string[] | null;
  /** Null: on in an empty data directory. */
  readonly demo: boolean | null;
  readonly egress: {
    readonly mode: 'public' | 'any';
    readonly allow: readonly { readonly cidr: string; readonly ports?: number[] }[];
  };
  readonly probes: {
    /** What is there whenever our own network is: asked before the silence of others is believed. */
    readonly canary: string | null;
  };
  /** Where browsers reach this server, without a slash at the end; null: wherever they say they are. */
  readonly publicUrl: string | null;
  readonly origins: readonly string[];
  readonly trustProxy: boolean;
  readonly logLevel: LogLevel;
  /** May a process on this machine read /metrics without a credential? */
  readonly metricsLoopback: boolean;
  /** Is the server an MCP server itself, at /mcp? */
  readonly mcp: boolean;
  /** Wires of others that are spoken, and their words. */
  readonly dialects: DialectsConfig;
  readonly auth: { readonly jwt: readonly JwtConfig[]; readonly oidc: readonly OidcConfig[] };
  /** The mail server for invitations and password links; null: an admin hands links over. */
  readonly mail: MailConfig | null;
  /** Databases whose rows become records. */
  readonly captures: readonly AnyPlan[];
  /** Topics of broadcast and presence: who may use which. */
  readonly realtime: RealtimeConfig;
  readonly commands: Readonly<Record<string, CommandConfig>>;
  /** Services managed by the file, still to be checked by the model; `line` is where each stands. */
  readonly services: readonly { readonly line: number; readonly fields: Readonly<Record<string, unknown>> }[];
  /** Absolute path of the module in which the app defines its collections, or null. */
  readonly collections: string | null;
  /** Things that are allowed and probably not meant. */
  readonly warnings: readonly string[];
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface JwtConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly key: { readonly secret: string } | { readonly jwks: string };
  readonly claims: {
    readonly org: string;
    readonly sub: string;
    readonly name: string;
    readonly scopes: string;
    readonly customer: string;
  };
  readonly defaultOrg: string | null;
  readonly defaultScopes: readonly ('read' | 'report' | 'admin')[];
}

/** A program that may be started for `stdio:<name>` targets. Arguments are a list; there is no shell. */
export interface CommandConfig {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
}

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** `STATEWIRE_PORT`, or `statewire.yaml:12:5 egress.allow.0.cidr`. */
  readonly at: string;
  readonly found: string;
  readonly expected: string;
  readonly do: string;
}

/** Says everything that is wrong, in lines a person can act on. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map((p) => `  ${p.at}: found ${p.found}; expected ${p.expected}; ${p.do}`);
    super(
      `the configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${lines.join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** The environment of this process: what programs that we start may inherit a few names of. */
export const environment: Readonly<Record<string, string | undefined>> = process.env;

/** Reads the environment and the file, or throws one ConfigError with everything that is wrong. */
export function loadConfig(options: LoadOptions = {}): Config {
  const { env = process.env, cwd = process.cwd(), read = readText } = options;
  const problems: ConfigProblem[] = [];
  const fromEnv = readEnv(env, problems);
  const data = resolve(cwd, fromEnv.data ?? defaults.data);
  const named = fromEnv.config === undefined ? null : resolve(cwd, fromEnv.config);
  const path = named ?? join(data, 'statewire.yaml');
  const text = readSafely(read, path, problems);
  if (text === null && named !== null && problems.every(({ at }) => at !== path)) {
    problems.push({
      at: 'STATEWIRE_CONFIG',
      found: `no readable file ${named}`,
      expected: 'a YAML file',
      do: 'create it or unset STATEWIRE_CONFIG',
    });
  }
  const file = text === null ? emptyFile : readFile(path, text, problems);
  const warnings = Object.keys(env)
    .filter((name) => name.startsWith('STATEWIRE_') && !envNames.has(name))
    .map((name) => `${name} is not a setting of this release and has no effect; see docs/reference/config.md`);
  if (fromEnv.adminKey !== undefined && fromEnv.adminKey.length < ADMIN_KEY_LENGTH_GOOD) {
    warnings.push(
      'STATEWIRE_ADMIN_KEY is short enough to be guessed; use 16 random characters or more where others can reach this server',
    );
  }
  const sources = { env, read: (file: string) => readSafely(read, resolve(dirname(path), file), problems) };
  const oidc = (file.auth?.oidc ?? []).flatMap((entry, index) => {
    const made = toOidc(entry, sources);
    if (made.ok) return [made.value];
    problems.push({
      at: `${path}:${file.lineOf(['auth', 'oidc', index, 'clientSecret'])} auth.oidc.${index}.clientSecret`,
      found: made.message,
      expected: 'the secret of the client',
      do: 'set the variable, write the file, or remove clientSecret for a public client',
    });
    return [];
  });
  const mail = readMail({ ...fromEnv, file, path }, sources, problems);
  const config: Config = {
    port: fromEnv.port ?? file.port ?? defaults.port,
    host: fromEnv.host ?? file.host ?? defaults.host,
    data,
    file: text === null ? null : path,
    adminKey: fromEnv.adminKey ?? null,
    secretKeys: fromEnv.secretKeys ?? null,
    demo: fromEnv.demo ?? file.demo ?? null,
    egress: {
      mode: fromEnv.egress ?? file.egress?.mode ?? 'public',
      allow: (file.egress?.allow ?? []).map(({ cidr, ports }) => (ports === undefined ? { cidr } : { cidr, ports })),
    },
    probes: { canary: file.probes?.canary ?? null },
    publicUrl: fromEnv.publicUrl ?? file.publicUrl ?? null,
    origins: fromEnv.origins ?? file.origins ?? [],
    trustProxy: fromEnv.trustProxy ?? file.trustProxy ?? false,
    logLevel: fromEnv.logLevel ?? file.logLevel ?? 'info',
    metricsLoopback: fromEnv.metricsLoopback ?? file.metricsLoopback ?? false,
    mcp: fromEnv.mcp ?? file.mcp ?? true,
    dialects: toDialects(file.dialects),
    auth: { jwt: (file.auth?.jwt ?? []).map(toJwt), oidc },
    mail,
    captures: readCaptures({ file, path }, sources, problems),
    realtime: file.realtime ?? REALTIME_DEFAULT,
    commands: file.commands ?? {},
    collections:
      fromEnv.collections !== undefined
        ? resolve(cwd, fromEnv.collections)
        : file.collections === undefined
          ? null
          : resolve(dirname(path), file.collections),
    services: (file.services ?? []).map((fields, index) => ({ fields, line: file.lineOf(['services', index]) })),
    warnings,
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze(config);
}

export interface LoadOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The file's text, or null when there is none. */
  readonly read?: (path: string) => string | null;
}

/** Where the docs and `--help` get their lines from. `key` is the name in the file; null: environment only. */
export interface Setting {
  readonly env: string | null;
  readonly key: string | null;
  readonly default: string;
  readonly bound: string;
  readonly meaning: string;
}

export const settings: readonly Setting[] = [
  {
    env: 'STATEWIRE_PORT',
    key: 'port',
    default: '4800',
    bound: 'integer 0 to 65535; 0 takes a free one',
    meaning: 'TCP port of everything: REST, live, dashboard.',
  },
  {
    env: 'STATEWIRE_HOST',
    key: 'host',
    default: '127.0.0.1',
    bound: 'address or name of an interface',
    meaning: 'Where to listen. 0.0.0.0 for all interfaces.',
  },
  {
    env: 'STATEWIRE_DATA',
    key: null,
    default: '.statewire',
    bound: 'directory',
    meaning: 'Records, history and accounts. Created when missing.',
  },
  {
    env: 'STATEWIRE_CONFIG',
    key: null,
    default: '<data>/statewire.yaml',
    bound: 'file',
    meaning: 'The configuration file.',
  },
  {
    env: 'STATEWIRE_ADMIN_KEY',
    key: null,
    default: 'none',
    bound: 'at least 8 characters; under 16 is warned of',
    meaning: 'An API key with the scope admin, accepted from the first start. Never written to disk.',
  },
  {
    env: 'STATEWIRE_SECRET_KEY',
    key: null,
    default: '<data>/secret.key, made at the first start',
    bound: 'at least 32 characters; several separated by commas, newest first',
    meaning: 'The key under which secrets of channels are stored. All keys open, the first one seals.',
  },
  {
    env: 'STATEWIRE_DEMO',
    key: 'demo',
    default: 'on in an empty data directory of a clone',
    bound: '0 or 1',
    meaning: 'The demo fleet.',
  },
  {
    env: 'STATEWIRE_EGRESS',
    key: 'egress.mode',
    default: 'public',
    bound: 'public or any',
    meaning: 'Which addresses probes may connect to.',
  },
  {
    env: null,
    key: 'egress.allow',
    default: 'none',
    bound: 'list of {cidr, ports}',
    meaning: 'Private addresses that probes may connect to although the mode is public.',
  },
  {
    env: null,
    key: 'probes.canary',
    default: 'none',
    bound: 'host:port or an http(s) URL',
    meaning: 'Asked before the silence of a target is believed: when it is silent too, our own network fails.',
  },
  {
    env: 'STATEWIRE_PUBLIC_URL',
    key: 'publicUrl',
    default: 'the Host of each request',
    bound: 'http(s) URL without a path',
    meaning: 'Where browsers reach this server. https makes session cookies Secure.',
  },
  {
    env: 'STATEWIRE_ORIGINS',
    key: 'origins',
    default: 'none',
    bound: 'http(s) origins, at most 64',
    meaning: 'Other origins whose pages may use the API and open live connections.',
  },
  {
    env: 'STATEWIRE_TRUST_PROXY',
    key: 'trustProxy',
    default: '0',
    bound: '0 or 1',
    meaning: 'Believe X-Forwarded-For, -Host and -Proto. Only behind a proxy that sets them.',
  },
  {
    env: 'STATEWIRE_LOG_LEVEL',
    key: 'logLevel',
    default: 'info',
    bound: 'debug, info, warn, error or silent',
    meaning: 'The least important line that is logged.',
  },
  {
    env: 'STATEWIRE_METRICS_LOOPBACK',
    key: 'metricsLoopback',
    default: '0',
    bound: '0 or 1',
    meaning: 'Processes of this machine may read /metrics without a credential.',
  },
  {
    env: 'STATEWIRE_MCP',
    key: 'mcp',
    default: 'on',
    bound: 'on or off; 0 or 1 in the environment',
    meaning: 'The MCP endpoint at /mcp, where an agent asks what is down.',
  },
  {
    env: null,
    key: 'auth.jwt',
    default: 'none',
    bound: 'list of {issuer, audience, secret or jwks, claims, defaultOrg, defaultScopes}, at most 32',
    meaning: 'Issuers whose tokens are accepted.',
  },
  {
    env: null,
    key: 'auth.oidc',
    default: 'none',
    bound: 'list of {id, name, issuer, clientId, clientSecret, scopes, domains, newcomers, org}, at most 16',
    meaning: 'Identity providers that people may sign in with.',
  },
  {
    env: 'STATEWIRE_MAIL_URL',
    key: 'mail.url',
    default: 'none',
    bound: 'smtp:// (STARTTLS) or smtps:// URL; user and password in it',
    meaning: 'Mail server for invitations and password links. Without it an admin hands links over.',
  },
  {
    env: 'STATEWIRE_MAIL_FROM',
    key: 'mail.from',
    default: 'none',
    bound: 'an address, or Name <address>',
    meaning: 'Sender of these mails.',
  },
  {
    env: null,
    key: 'realtime.public',
    default: 'true',
    bound: 'true or false',
    meaning: 'May channels of Supabase clients that are not private be used for broadcast and presence?',
  },
  {
    env: null,
    key: 'realtime.topics',
    default: 'none',
    bound: 'list of {topic, may, of, needs, claims}, at most 256',
    meaning: 'Policies of private channels: who may use which topic.',
  },
  {
    env: null,
    key: 'commands',
    default: 'none',
    bound: 'map of name to {argv, env, cwd}, at most 256',
    meaning: 'Programs that `stdio:<name>` targets may start.',
  },
  {
    env: null,
    key: 'capture',
    default: 'none',
    bound: 'list of {kind, id, org, tables} and what its kind has, at most 16',
    meaning: 'Databases and others whose rows become live records.',
  },
  {
    env: null,
    key: 'services',
    default: 'none',
    bound: 'list of services, at most 10000',
    meaning: 'Services managed by the file; read-only in the API and the dashboard.',
  },
  {
    env: null,
    key: 'dialects.topics',
    default: 'on at /ws/mcp-status',
    bound: 'on, path, templates (at most 256)',
    meaning:
      'Plain topics for apps with sockets of their own, and which views they are; see docs/guides/plain-topics.md.',
  },
  {
    env: null,
    key: 'dialects.socketIo',
    default: 'on at /socket.io/',
    bound: 'on, path, pingIntervalMs and pingTimeoutMs (100 to 300000), vocabulary',
    meaning: 'Clients of Socket.IO, and which events are which views; see docs/guides/socket-io.md.',
  },
  {
    env: 'STATEWIRE_COLLECTIONS',
    key: 'collections',
    default: 'none',
    bound: 'path of a .ts, .js or .mjs module',
    meaning: "The app's own collections; in the file relative to it. `serve --collections` wins.",
  },
];

/** The last two are read by the command line, not by the server. */
const envNames: ReadonlySet<string> = new Set([
  ...settings.flatMap(({ env }) => env ?? []),
  'STATEWIRE_URL',
  'STATEWIRE_KEY',
]);

/** Below this an admin key is accepted with a warning: on a developer's own machine it is theirs to choose. */
const ADMIN_KEY_LENGTH_GOOD = 16;

/** Mistakes in the grammar of the file that are told at once. */
const ERRORS_MAX = 10;

const defaults = { port: 4800, host: '127.0.0.1', data: '.statewire' } as const;

const logLevel = z.enum(['debug', 'info', 'warn', 'error', 'silent']);
const port = z.int().min(0).max(65_535);
const host = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[0-9A-Za-z.:_-]+$/u, 'an address or a host name');
const publicUrl = z
  .string()
  .max(2_048)
  .refine(isOrigin, 'an http or https URL without path, query or user')
  .transform((url) => new URL(url).origin);
const origins = z.array(publicUrl).max(64);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/u, '1 to 64 of A-Z a-z 0-9 . _ -');
const claim = z.string().min(1).max(128);

const jwt = z
  .strictObject({
    issuer: z.string().min(1).max(512),
    audience: z.string().min(1).max(512),
    secret: z.string().min(32, 'a secret of at least 32 characters').max(4_096).optional(),
    jwks: z
      .string()
      .max(2_048)
      .refine((url) => URL.canParse(url) && isKeyUrl(new URL(url)), 'an https URL (http only for localhost)')
      .optional(),
    claims: z
      .strictObject({
        org: claim.default('org'),
        sub: claim.default('sub'),
        name: claim.default('name'),
        scopes: claim.default('scope'),
        customer: claim.default('customer'),
      })
      .prefault({}),
    defaultOrg: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/u, '1 to 63 of a-z 0-9 _ -')
      .optional(),
    defaultScopes: z
      .array(z.enum(['read', 'report', 'admin']))
      .max(3)
      .default([]),
  })
  .refine((entry) => (entry.secret === undefined) !== (entry.jwks === undefined), 'exactly one of secret and jwks');

const command = z.strictObject({
  argv: z
    .array(z.string().max(8_192))
    .min(1)
    .max(256)
    .refine((argv) => argv[0] !== '', 'a program as the first entry'),
  env: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u), z.string().max(32_768)).default({}),
  cwd: z.string().min(1).max(4_096).refine(isAbsolute, 'an absolute path').optional(),
});

const canary = z
  .string()
  .max(2_048)
  .refine(isCanary, 'host:port or an http(s) URL, such as 192.0.2.1:53 or https://example.com/');

const modulePath = z
  .string()
  .max(4_096)
  .regex(/\.[cm]?[jt]s$/u, 'the path of a module that ends in .ts, .mts, .js or .mjs');

const fileSchema = z.strictObject({
  port: port.optional(),
  host: host.optional(),
  demo: z.boolean().optional(),
  egress: z
    .strictObject({
      mode: z.enum(['public', 'any']).optional(),
      allow: z
        .array(
          z.strictObject({
            cidr: z.union([z.cidrv4(), z.cidrv6()], 'a range such as 10.0.0.0/8, or 10.0.0.1/32 for one address'),
            ports: z.array(z.int().min(1).max(65_535)).min(1).max(64).optional(),
          }),
        )
        .max(256)
        .optional(),
    })
    .optional(),
  probes: z.strictObject({ canary: canary.optional() }).optional(),
  publicUrl: publicUrl.optional(),
  origins: origins.optional(),
  trustProxy: z.boolean().optional(),
  logLevel: logLevel.optional(),
  metricsLoopback: z.boolean().optional(),
  // YAML 1.2 reads `off` as a word.
  mcp: z.union([z.boolean(), z.enum(['on', 'off']).transform((word) => word === 'on')], 'on or off').optional(),
  dialects: dialectsSchema.optional(),
  auth: z.strictObject({ jwt: z.array(jwt).max(32).optional(), oidc: oidcListSchema.optional() }).optional(),
  mail: mailSchema.optional(),
  realtime: realtimeSchema.optional(),
  commands: z
    .record(name, command)
    .refine((all) => Object.keys(all).length <= 256, 'at most 256 commands')
    .optional(),
  capture: captureListSchema.optional(),
  services: z.array(z.record(z.string(), z.unknown())).max(10_000).optional(),
  collections: modulePath.optional(),
});

interface File extends z.infer<typeof fileSchema> {
  readonly lineOf: (path: readonly (string | number)[]) => number;
}

const emptyFile: File = { lineOf: () => 0 };

function readEnv(env: Readonly<Record<string, string | undefined>>, problems: ConfigProblem[]) {
  /** An empty variable counts as unset: that is how most launchers spell "none". */
  const take = <T>(variable: string, schema: z.ZodType<T>, secret = false): T | undefined => {
    const value = env[variable];
    if (value === undefined || value === '') return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const found = secret ? `${value.length} characters` : JSON.stringify(value.slice(0, 80));
    problems.push({
      at: variable,
      found,
      expected: parsed.error.issues[0]?.message ?? 'another value',
      do: 'correct or unset it',
    });
    return undefined;
  };
  const flag = z.enum(['0', '1'], '0 or 1').transform((value) => value === '1');
  return {
    port: take(
      'STATEWIRE_PORT',
      z
        .string()
        .regex(/^\d{1,5}$/u, 'an integer from 0 to 65535')
        .transform(Number)
        .pipe(port),
    ),
    host: take('STATEWIRE_HOST', host),
    data: take('STATEWIRE_DATA', z.string().max(4_096)),
    config: take('STATEWIRE_CONFIG', z.string().max(4_096)),
    adminKey: take(
      'STATEWIRE_ADMIN_KEY',
      z
        .string()
        .min(8, 'at least 8 characters')
        .max(512)
        .regex(/^[\x21-\x7e]+$/u, 'printable ASCII without spaces'),
      true,
    ),
    secretKeys: take(
      'STATEWIRE_SECRET_KEY',
      z
        .string()
        .regex(/^[\x21-\x7e]+$/u, 'printable ASCII without spaces')
        .transform((text) => text.split(',').filter((part) => part !== ''))
        .pipe(z.array(z.string().min(32, 'keys of at least 32 characters').max(512)).min(1).max(8)),
      true,
    ),
    demo: take('STATEWIRE_DEMO', flag),
    mcp: take('STATEWIRE_MCP', flag),
    mailUrl: take('STATEWIRE_MAIL_URL', mailUrlSchema, true),
    mailFrom: take('STATEWIRE_MAIL_FROM', mailFromSchema),
    collections: take('STATEWIRE_COLLECTIONS', modulePath),
    egress: take('STATEWIRE_EGRESS', z.enum(['public', 'any'], 'public or any')),
    publicUrl: take('STATEWIRE_PUBLIC_URL', publicUrl),
    origins: take(
      'STATEWIRE_ORIGINS',
      z
        .string()
        .transform((text) =>
          text
            .split(',')
            .map((part) => part.trim())
            .filter((part) => part !== ''),
        )
        .pipe(origins),
    ),
    trustProxy: take('STATEWIRE_TRUST_PROXY', flag),
    logLevel: take('STATEWIRE_LOG_LEVEL', logLevel),
    metricsLoopback: take('STATEWIRE_METRICS_LOOPBACK', flag),
  };
}

function readFile(path: string, text: string, problems: ConfigProblem[]): File {
  if (isNestedDeeper(text, limits.jsonDepthMax)) {
    const found = `more than ${limits.jsonDepthMax} levels of nesting`;
    problems.push({ at: path, found, expected: 'flatter YAML', do: 'look for brackets that are never closed' });
    return emptyFile;
  }
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true });
  // The first few say it: one bracket too many makes an error of every line after it.
  for (const error of doc.errors.slice(0, ERRORS_MAX)) {
    const { line, col } = lines.linePos(error.pos[0]);
    problems.push({ at: `${path}:${line}:${col}`, found: error.message, expected: 'YAML', do: 'correct the line' });
  }
  if (doc.errors.length > 0) return emptyFile;
  const lineOf = (at: readonly (string | number)[]) => lines.linePos(offsetOf(doc, at)).line;
  let value: unknown;
  try {
    // A bound on aliases: a file of a few lines can otherwise unfold into gigabytes.
    value = doc.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    problems.push({
      at: path,
      found: error.message,
      expected: 'at most 100 uses of aliases',
      do: 'write the values out',
    });
    return emptyFile;
  }
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return { ...parsed.data, lineOf };
  for (const issue of parsed.error.issues) {
    const at = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    const unknown = issue.code === 'unrecognized_keys' ? issue.keys : [];
    const { line, col } = lines.linePos(offsetOf(doc, unknown[0] === undefined ? at : [...at, unknown[0]]));
    problems.push({
      at: `${path}:${line}:${col} ${at.join('.')}`.trimEnd(),
      found: unknown.length > 0 ? `unknown ${unknown.join(', ')}` : describe(at, value),
      expected: unknown.length > 0 ? 'a setting named in docs/reference/config.md' : issue.message,
      do: 'correct or remove it',
    });
  }
  return { lineOf };
}

/** The place of the deepest node on the path that exists: a missing key is reported at its parent. */
function offsetOf(doc: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = doc.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range !== undefined && node.range !== null) return node.range[0];
  }
  return isNode(doc.contents) ? (doc.contents.range?.[0] ?? 0) : 0;
}

/** What stands there, without the values of things that are secrets. */
function describe(path: readonly (string | number)[], root: unknown): string {
  let value = root;
  for (const step of path) value = typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined;
  if (value === undefined) return 'nothing';
  const isSecret = path.some((step) => typeof step === 'string' && SECRETS.has(step));
  if (isSecret) return `a ${typeof value}`;
  return typeof value === 'object'
    ? Array.isArray(value)
      ? `a list of ${value.length}`
      : 'a map'
    : JSON.stringify(value).slice(0, 80);
}

/** The two variables win over the file, each for itself; one without the other is half a mail server. */
function readMail(
  from: {
    readonly mailUrl: string | undefined;
    readonly mailFrom: string | undefined;
    readonly file: File;
    readonly path: string;
  },
  sources: SecretSources,
  problems: ConfigProblem[],
): MailConfig | null {
  const { mail } = from.file;
  const url = from.mailUrl ?? mail?.url;
  const sender = from.mailFrom ?? mail?.from;
  if (url === undefined && sender === undefined) return null;
  const at = mail === undefined ? 'STATEWIRE_MAIL_URL' : `${from.path}:${from.file.lineOf(['mail'])} mail`;
  if (url === undefined || sender === undefined) {
    problems.push({
      at: url === undefined ? 'STATEWIRE_MAIL_URL' : 'STATEWIRE_MAIL_FROM',
      found: 'nothing',
      expected: 'both the URL of the mail server and the sender',
      do: 'set both or neither',
    });
    return null;
  }
  // A password beside the file's URL belongs to that server, not to one that the environment names.
  const made = toMail(
    { url, from: sender, ...(from.mailUrl === undefined ? { password: mail?.password } : {}) },
    sources,
  );
  if (made.ok) return made.value;
  problems.push({
    at: `${at}.password`,
    found: made.message,
    expected: 'the password of the SMTP user',
    do: 'set the variable or write the file',
  });
  return null;
}

/** The URLs of databases are read last: one that is wrong is told without what stands in it. */
function readCaptures(
  from: { readonly file: File; readonly path: string },
  sources: SecretSources,
  problems: ConfigProblem[],
): readonly AnyPlan[] {
  return (from.file.capture ?? []).flatMap((entry, index) => {
    const plan = planOf(entry, (where) => secretOf(where, sources));
    if (plan.ok) return [plan.value];
    const { field, found, expected } = plan;
    problems.push({
      at: `${from.path}:${from.file.lineOf(['capture', index, ...field.split('.')])} capture.${index}.${field}`,
      found,
      expected,
      do: `set the variable, write the file, or correct ${field}`,
    });
    return [];
  });
}

/** The URL of a mail server or of a database may carry its password. */
const SECRETS: ReadonlySet<string> = new Set(['secret', 'env', 'clientSecret', 'password', 'mail', 'url']);

function toJwt({ secret, jwks, defaultOrg, ...rest }: z.infer<typeof jwt>): JwtConfig {
  // One of the two is there: the schema's refinement refused everything else.
  return { ...rest, key: secret === undefined ? { jwks: jwks ?? '' } : { secret }, defaultOrg: defaultOrg ?? null };
}

function isCanary(target: string): boolean {
  if (target.includes('://')) return URL.canParse(target) && /^https?:$/u.test(new URL(target).protocol);
  return parseHostPort(target).ok;
}

function isOrigin(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const parsed = new URL(url);
  return (
    (parsed.protocol === 'http:' || parsed.protocol === 'https:') &&
    parsed.pathname === '/' &&
    parsed.search === '' &&
    parsed.hash === '' &&
    parsed.username === '' &&
    parsed.password === ''
  );
}

function isKeyUrl(url: URL): boolean {
  return (
    url.protocol === 'https:' ||
    (url.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname))
  );
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return null;
    throw error;
  }
}

/** A file that is there and cannot be read must stop the start: it may hold the rules that keep people out. */
function readSafely(read: (path: string) => string | null, path: string, problems: ConfigProblem[]): string | null {
  try {
    return read(path);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    problems.push({
      at: path,
      found: `a file that cannot be read (${error.code})`,
      expected: 'a readable file',
      do: 'correct its permissions or remove it',
    });
    return null;
  }
}

function isSystemError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
