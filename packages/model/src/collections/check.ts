/**
 * Checks: how each service is looked at. A record of its own, so that operators' settings (and the names of
 * secrets) need the admin scope to read while the service's status does not.
 */
import type { Json, JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import { describeCollection, type Collection } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import type { InputShape } from '../report.ts';
import { parseCondition } from '../condition/parse.ts';
import { mentions, rootsOf } from '../condition/roots.ts';
import { probeDefaults, probeSettingsSchema, type ProbeSettings } from '../probe-settings.ts';
import { isZone } from '../recurrence.ts';
import { envelopeShape, keySchema, plainObject, serviceKindSchema, words, type Shape } from '../schema.ts';
import { secret } from '../secret.ts';
import type { ServiceKind } from '../service-kind.ts';

/**
 * How a service is checked. Same id as its service, written in the same transaction. Needs the admin scope
 * to read. Secret header values, passwords and tokens are kept apart, encrypted at rest by file mode only, and never
 * returned: a check shows their names (`secrets`).
 */
export interface Check extends Envelope, CheckSettings {
  readonly service: string;
  readonly kind: ServiceKind;
  readonly target: string;
  /** Names of the secrets that are set: secret headers, `password`, `token`. */
  readonly secrets: readonly string[];
  readonly managedBy: string;
}

/** The part of a check that people set. */
export interface CheckSettings {
  /** Time between probes, >= 1000. Default 30000. */
  readonly intervalMs: number;
  /** Whole exchange, >= 100. Default 10000. */
  readonly timeoutMs: number;
  /** Until connected. Default 3000, at most `timeoutMs`. */
  readonly connectTimeoutMs: number;
  /** Observations in a row until a change is believed. Defaults 3, 2, 3. */
  readonly failAfter: number;
  readonly recoverAfter: number;
  readonly degradeAfter: number;
  /** Heartbeats: how long after `intervalMs` until expired. Default clamp(intervalMs / 2, 15 s, 1 h). Null for other kinds. */
  readonly graceMs: number | null;
  /** Latency that counts as degraded (p95 of the last 20), or null. */
  readonly degradedMs: number | null;
  /** Believe a change when `bad` of the last `size` observations say so, instead of runs in a row; for targets behind a load balancer. */
  readonly window: SlidingWindow | null;
  /** Heartbeats: when the job runs, as a cron pattern of five or six fields, instead of each `intervalMs`; or null. */
  readonly cron: string | null;
  /** The time zone of `cron`. Default UTC. */
  readonly zone: string;
  /** MCP: keep the session open (`hold`) or open and close one per probe (`fresh`). */
  readonly mode: 'hold' | 'fresh';
  /** MCP: how often tools are listed, ms. */
  readonly inventoryMs: number;
  /** MCP: a read-only tool to call, or null. */
  readonly canary: Canary | null;
  /** HTTP: method, accepted status codes, text that must be present. */
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly expectStatus: readonly string[];
  readonly keyword: string | null;
  readonly followRedirects: boolean;
  /** TLS: warn below this many days. */
  readonly certificateDays: number;
  /** Plain request headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** What must hold of the answer (docs/reference/conditions.md); one that does not is an outage. */
  readonly conditions: readonly string[];
  /** What should hold; one that does not makes the service degraded. */
  readonly degradedConditions: readonly string[];
  /** Settings that only this kind of check has, or null. */
  readonly probe: ProbeSettings | null;
}

/** Secrets that are no headers: what a database, a broker or an API is logged in with. */
export const SECRET_NAMES = ['password', 'token'] as const;
/** The name of a secret that a check may keep. */
export type SecretName = (typeof SECRET_NAMES)[number];

export interface SlidingWindow {
  /** 2 to 20. */
  readonly size: number;
  /** 1 to `size`. */
  readonly bad: number;
  readonly [f: string]: number;
}

/** What is looked at to tell a failure of our own network from that of what is checked. */
export interface Canary {
  readonly tool: string;
  readonly args: JsonObject;
  readonly [f: string]: Json;
}

/**
 * What a caller may say of a check; everything has a default. `secretHeaders` and `secrets` are stored apart and never
 * returned. `secretHeaders` replace those that are set; of `secrets` each name stands for itself, null deletes it.
 */
export type CheckInput = GivenSettings & {
  readonly secretHeaders?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: { readonly [N in SecretName]?: string | null | undefined } | undefined;
};

type GivenSettings = { readonly [K in keyof CheckSettings]?: CheckSettings[K] | undefined };

/** The full settings of a check: what was given, then the defaults of its kind. */
export function checkDefaults(kind: ServiceKind, given: GivenSettings = {}): CheckSettings {
  const intervalMs = given.intervalMs ?? 30_000;
  const timeoutMs = given.timeoutMs ?? 10_000;
  return {
    intervalMs,
    timeoutMs,
    connectTimeoutMs: Math.min(given.connectTimeoutMs ?? 3_000, timeoutMs),
    failAfter: given.failAfter ?? 3,
    recoverAfter: given.recoverAfter ?? 2,
    degradeAfter: given.degradeAfter ?? 3,
    graceMs: kind === 'heartbeat' ? (given.graceMs ?? defaultGraceMs(intervalMs)) : null,
    degradedMs: given.degradedMs ?? null,
    window: given.window ?? null,
    cron: kind === 'heartbeat' ? (given.cron ?? null) : null,
    zone: given.zone ?? 'UTC',
    mode: given.mode ?? 'hold',
    inventoryMs: given.inventoryMs ?? 300_000,
    canary: given.canary ?? null,
    method: given.method ?? 'GET',
    expectStatus: given.expectStatus ?? ['200-299'],
    keyword: given.keyword ?? null,
    followRedirects: given.followRedirects ?? false,
    certificateDays: given.certificateDays ?? 14,
    headers: given.headers ?? {},
    conditions: given.conditions ?? [],
    degradedConditions: given.degradedConditions ?? [],
    probe: given.probe ?? probeDefaults(kind),
  };
}

/** What does not fit together between the kind of a service and what was said of its check, or null. */
export function checkFlaw(kind: ServiceKind, given: CheckInput): string | null {
  const { probe } = given;
  if (kind !== 'heartbeat' && typeof given.cron === 'string') {
    return `check.cron: found a time for a service of kind "${kind}", expected it for heartbeats only`;
  }
  if (probe !== undefined && probe !== null && probe.kind !== kind) {
    const expected = probeDefaults(kind) === null ? 'none: this kind has no settings of its own' : `"${kind}"`;
    return `check.probe.kind: found "${probe.kind}" for a service of kind "${kind}", expected ${expected}`;
  }
  const roots = rootsOf(kind);
  for (const field of ['conditions', 'degradedConditions'] as const) {
    for (const [i, text] of (given[field] ?? []).entries()) {
      const parsed = parseCondition(text);
      // What cannot be parsed at all is the schema's to refuse.
      if (!parsed.ok) continue;
      const other = [...mentions(parsed.value)].find((root) => !roots.includes(root));
      if (other === undefined) continue;
      const expected = roots.length === 0 ? 'no conditions' : roots.join(', ');
      return `check.${field}[${i}]: found ${other}, which a check of kind "${kind}" does not have, expected ${expected}`;
    }
  }
  return null;
}

/** How long a heartbeat may be late when nobody said: half the period, at least 15 s, at most 1 h. */
export function defaultGraceMs(intervalMs: number): number {
  return Math.min(Math.max(intervalMs / 2, 15_000), 3_600_000);
}

const DAY_MS = 86_400_000;
const attempts = z.int().min(1).max(10);
const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;

// Names that would change what is connected to, or how the message is framed, belong to the prober.
const FRAMING = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'keep-alive',
]);

const headersSchema: z.ZodType<Readonly<Record<string, string>>> = z
  .record(
    keySchema.refine((name) => HEADER_NAME.test(name), { error: 'expected an HTTP header name' }),
    words(8192),
  )
  .refine((headers) => Object.keys(headers).length <= 32, { error: 'expected at most 32 headers' })
  .refine((headers) => !Object.keys(headers).some((name) => FRAMING.has(name.toLowerCase())), {
    error: `expected none of ${[...FRAMING].join(', ')}: the probe sets them`,
  });

/** `200`, or a range `200-299`. */
const statusRange = z
  .string()
  .regex(/^[1-5]\d\d(-[1-5]\d\d)?$/, { error: 'expected a status such as "200" or a range such as "200-299"' })
  .refine((text) => text.slice(0, 3) <= text.slice(-3), { error: 'expected a range from low to high' });

const conditionSchema = z.string().check(({ value, issues }) => {
  const parsed = parseCondition(value);
  if (!parsed.ok) issues.push({ code: 'custom', message: parsed.message, input: value });
});

const conditionsSchema: z.ZodType<readonly string[]> = z.array(conditionSchema).max(16);

const secretSchema = z.string().min(1).max(8192).nullish();

const canarySchema: z.ZodType<Canary> = z.strictObject({ tool: words(128), args: plainObject });

const windowSchema: z.ZodType<SlidingWindow> = z
  .strictObject({ size: z.int().min(2).max(20), bad: z.int().min(1).max(20) })
  .refine(({ size, bad }) => bad <= size, { error: 'expected at most `size`', path: ['bad'] });

/** Whether it is a time that ever comes is asked where it is used. */
const cronSchema = words(128).refine((text) => /^\S+( \S+){4,5}$/.test(text), {
  error: 'expected five or six fields such as "30 2 * * *"',
});

const settingsInput: InputShape<CheckInput> = {
  intervalMs: z
    .int()
    .min(1_000)
    .max(31 * DAY_MS)
    .optional(),
  timeoutMs: z.int().min(100).max(300_000).optional(),
  connectTimeoutMs: z.int().min(100).max(300_000).optional(),
  failAfter: attempts.optional(),
  recoverAfter: attempts.optional(),
  degradeAfter: attempts.optional(),
  graceMs: z
    .int()
    .min(0)
    .max(31 * DAY_MS)
    .nullish(),
  degradedMs: z.int().min(1).max(300_000).nullish(),
  window: windowSchema.nullish(),
  cron: cronSchema.nullish(),
  zone: z.string().refine(isZone, { error: 'expected a time zone such as Europe/Berlin' }).optional(),
  mode: z.enum(['hold', 'fresh']).optional(),
  inventoryMs: z
    .int()
    .min(1_000)
    .max(31 * DAY_MS)
    .optional(),
  canary: canarySchema.nullish(),
  method: z.enum(['GET', 'HEAD', 'POST']).optional(),
  expectStatus: z.array(statusRange).min(1).max(32).optional(),
  keyword: words(1024).nullish(),
  followRedirects: z.boolean().optional(),
  certificateDays: z.int().min(0).max(3650).optional(),
  headers: headersSchema.optional(),
  conditions: conditionsSchema.optional(),
  degradedConditions: conditionsSchema.optional(),
  probe: probeSettingsSchema.nullish(),
  secretHeaders: secret(
    headersSchema.refine((headers) => !SECRET_NAMES.some((name) => Object.hasOwn(headers, name)), {
      error: `found ${SECRET_NAMES.join(' or ')}; put it into check.secrets, or write the header with a capital`,
    }),
  ).optional(),
  secrets: secret(z.strictObject({ password: secretSchema, token: secretSchema })).optional(),
};

/** What a caller may say of a check. Strict: a misspelled setting is refused, not ignored. */
export const checkInputSchema: z.ZodType<CheckInput> = z.strictObject(settingsInput);

const shape: Shape<Check> = {
  ...envelopeShape,
  service: z.string(),
  kind: serviceKindSchema,
  target: z.string(),
  intervalMs: z.int(),
  timeoutMs: z.int(),
  connectTimeoutMs: z.int(),
  failAfter: attempts,
  recoverAfter: attempts,
  degradeAfter: attempts,
  graceMs: z.number().nullable(),
  degradedMs: z.number().nullable(),
  window: windowSchema.nullable(),
  cron: z.string().nullable(),
  zone: z.string(),
  mode: z.enum(['hold', 'fresh']),
  inventoryMs: z.int(),
  canary: canarySchema.nullable(),
  method: z.enum(['GET', 'HEAD', 'POST']),
  expectStatus: z.array(z.string()),
  keyword: z.string().nullable(),
  followRedirects: z.boolean(),
  certificateDays: z.number(),
  headers: z.record(z.string(), z.string()),
  conditions: z.array(z.string()),
  degradedConditions: z.array(z.string()),
  probe: probeSettingsSchema.nullable(),
  secrets: z.array(z.string()),
  managedBy: z.string(),
};

/** Every field of a check, as a schema. */
export const checkRow: z.ZodType<Check> = z.object(shape);

const viaService = z.never({
  error: 'a check is made and changed through its service; send it as `check` to /v1/services',
});

export const checks: Collection = describeCollection({
  name: 'checks',
  kind: 'plain',
  row: checkRow,
  create: viaService,
  patch: viaService,
  report: null,
  fields: Object.keys(shape),
  defaults: { zone: 'UTC', conditions: [], degradedConditions: [] },
  access: { read: 'admin', write: 'admin' },
  owns: {
    api: Object.keys(settingsInput).filter((field) => field !== 'secretHeaders' && field !== 'secrets'),
    report: [],
  },
});
