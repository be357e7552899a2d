/**
 * A collection that an app defines: one definition, written once, types the app's client and makes the server serve it.
 * This file runs in a browser as well; what the server makes of a definition is compiled in compile.ts.
 */
import type { Json, JsonObject } from '@statewire/protocol';
import { z } from 'zod';
import type { Scope } from '../define.ts';
import type { Envelope } from '../envelope.ts';
import { flawOfDefinition } from './flaw.ts';

/** The fields of a custom record, by name: zod schemas of JSON values. */
export type Fields = Readonly<Record<string, z.ZodType>>;

/** Arguments of the commands of a definition, by the command's name; `unknown` for one that takes none. */
export type CommandFields = Readonly<Record<string, unknown>>;

/** Stands in a rule or a stamp for something of whoever calls. Made by `caller` and `claim`. */
export type CallerValue = { readonly $caller: 'id' | 'name' | 'org' } | { readonly $claim: string };

/**
 * A filter in our filter language in which `caller('id')` and `claim('team')` stand for values of whoever calls. A claim
 * that is a list may stand where a list may: `['in', 'team', claim('teams')]`.
 */
export type RowRule = readonly Json[];

/** Who may do what with the records. Scopes default to `read` for reading and `admin` for writing. */
export interface CustomAccess {
  readonly read?: Scope | undefined;
  /** For changing and deleting. */
  readonly write?: Scope | undefined;
  /** For making records; default: the scope for changing them. */
  readonly create?: Scope | undefined;
  /** For reports, which make the record when there is none. Absent: nobody reports such records. */
  readonly report?: Scope | undefined;
  /** Which records a caller knows of; for them there are no others, through any door. Absent: all of their organization. */
  readonly rows?: RowRule | undefined;
  /** Which of those a caller may write, before and after the write. Default: `rows`. */
  readonly writeRows?: RowRule | undefined;
  /** The scope admin sees and writes every record of its organization. Default false. */
  readonly adminSeesAll?: boolean | undefined;
}

/** When records end, and when they count as stale. All times are absolute on the record, so that no restart moves them. */
export interface Expiry {
  /** A record is deleted this long after it was made, or after the last write to it. */
  readonly ttlMs?: number | undefined;
  /** What `ttlMs` counts from. Default `write`; `creation` with `perRecord`. */
  readonly from?: 'creation' | 'write' | undefined;
  /** Callers may say when a record ends: `expiresAt` (epoch ms) or `ttlMs` in what they write. */
  readonly perRecord?: boolean | undefined;
  /** `isStale` becomes true this long after the last write. */
  readonly staleAfterMs?: number | undefined;
}

/** Whoever calls a command. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly org: string;
  readonly scopes: readonly Scope[];
  readonly claims: JsonObject;
}

/** Why a command does nothing. */
export interface Refused {
  readonly refused: { readonly code: RefusalCode; readonly message: string };
}

/** The codes a command may refuse with; each is answered with its own HTTP status. */
export type RefusalCode = (typeof refusalCodes)[number];
/** The same, for those who judge what a command answered. */
export const refusalCodes = ['bad_field', 'conflict', 'forbidden', 'gone', 'precondition'] as const;

/** What a command is told beside the record and its arguments. */
export interface CommandContext {
  /** The time of the transaction, epoch ms. The only clock a command may read. */
  readonly now: number;
  readonly caller: Caller;
  /** `return context.refuse('already approved')`. Nothing is written then. */
  readonly refuse: (message: string, code?: RefusalCode) => Refused;
}

/** A command: something a person or program does that is not a change of fields. */
export interface CustomCommand<S extends Fields, A> {
  /** One line for the API's document. */
  readonly summary?: string | undefined;
  /** Default: the scope for changing records. */
  readonly scope?: Scope | undefined;
  readonly args?: (A & Fields) | undefined;
  /**
   * The fields that change. A pure function of what it is given, run inside the transaction: no promises, no clock, no
   * chance, nothing outside.
   */
  readonly apply: (record: RecordOfFields<S>, args: OutputOf<A>, context: CommandContext) => ChangesOf<S> | Refused;
}

/** What `defineCollection` takes. */
export interface DefinitionInput<
  N extends string,
  S extends Fields,
  A extends CommandFields,
  T extends keyof S & string,
  C extends keyof S & string,
> {
  /** Plural, lower-case letters and dashes: the same word on the wire, in REST paths and in code. */
  readonly name: N;
  readonly schema: S | z.ZodObject<S>;
  /** Where ids come from: callers must give one, the server makes it, or both. Default `either`; `made` with `rows`. */
  readonly ids?: 'either' | 'given' | 'made' | undefined;
  /** Starts the ids the server makes. Default: the first letters of the name. */
  readonly idPrefix?: string | undefined;
  /** Which fields callers may set. Default: all that are neither stamped nor computed. */
  readonly set?:
    | {
        readonly create?: readonly (keyof S & string)[] | undefined;
        readonly patch?: readonly (keyof S & string)[] | undefined;
        readonly report?: readonly (keyof S & string)[] | undefined;
      }
    | undefined;
  /** Fields the server sets when a record is made, to something of its maker; nobody else sets them. */
  readonly stamp?: { readonly [K in T]: CallerValue } | undefined;
  /** Fields worked out of the others at each write; nobody sets them. Pure functions. */
  readonly computed?: { readonly [K in C]: (record: RecordOfFields<S>) => NullFor<z.output<S[K]>> } | undefined;
  readonly access?: CustomAccess | undefined;
  readonly expiry?: Expiry | undefined;
  readonly commands?: { readonly [K in keyof A]: CustomCommand<S, A[K]> } | undefined;
}

/** A defined collection. Hand it to the server, and to `client.collection` and the hooks, which are typed by it. */
export interface Definition<
  N extends string = string,
  S extends Fields = Fields,
  A extends CommandFields = CommandFields,
  O extends string = string,
> {
  /** Tells definitions from other exports of a module, whichever copy of this package made them. */
  readonly statewire: 'collection/1';
  readonly name: N;
  readonly fields: S;
  /** Fields that the server sets: stamped or computed. */
  readonly derived: readonly O[];
  /** The object schema with checks over several fields, when one was given. */
  readonly whole: z.ZodType | null;
  readonly ids: 'either' | 'given' | 'made';
  readonly idPrefix: string;
  readonly set: {
    readonly create: readonly string[];
    readonly patch: readonly string[];
    readonly report: readonly string[];
  };
  readonly stamp: Readonly<Record<string, CallerValue>>;
  readonly computed: Readonly<Record<string, (record: RecordOfFields<S>) => unknown>>;
  readonly access: CustomAccess;
  readonly expiry: Expiry;
  readonly commands: { readonly [K in keyof A]: CustomCommand<S, A[K]> };
  /** For the compiler alone: there is never a value. */
  readonly argsOf?: A | undefined;
}

/** Any definition. Its functions are called with records of its own only. */
// oxlint-disable-next-line typescript/no-explicit-any -- fields and arguments are parameters of functions inside, so no other type is above all definitions.
export type AnyDefinition = Definition<string, any, any, any>;

/** The record of a definition: `type Order = RecordOf<typeof orders>`. */
export type RecordOf<D extends AnyDefinition> = D['fields'] extends infer S extends Fields ? RecordOfFields<S> : never;

/** What a caller writes when it makes a record; fields with a default may be left out. */
export type CreateOf<D extends AnyDefinition> = InputOf<Omit<D['fields'], D['derived'][number]>> & BodyOf;

/** What a caller writes when it changes a record, or reports of one. */
export type PatchOf<D extends AnyDefinition> = Partial<InputOf<Omit<D['fields'], D['derived'][number]>>> & BodyOf;

/** Arguments of the commands of a definition, by the command's name. */
export type CommandsOf<D extends AnyDefinition> = {
  readonly [K in keyof NonNullable<D['argsOf']>]: InputOf<NonNullable<D['argsOf']>[K]>;
};

interface BodyOf {
  readonly id?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** With `expiry.perRecord`. */
  readonly expiresAt?: number | null | undefined;
  readonly ttlMs?: number | undefined;
}

/** Fields of every custom record beside the envelope. */
export interface CustomEnvelope extends Envelope {
  /** When the record is deleted, epoch ms; null: never. */
  readonly expiresAt: number | null;
  /** Nothing was written for longer than `staleAfterMs`. */
  readonly isStale: boolean;
  /** When the record next changes by itself. */
  readonly nextAt: number | null;
}

/** A field that is optional in the schema is null in the record when nobody gave it. */
export type RecordOfFields<S extends Fields> = CustomEnvelope & WritableOf<S>;

/** The app's own fields of a record. */
export type WritableOf<S extends Fields> = { readonly [K in keyof S]: NullFor<z.output<S[K]>> };
type NullFor<V> = undefined extends V ? Exclude<V, undefined> | null : V;

/** Fields that a command changes. Named with `Json`, so that the compiler keeps the words a command writes as words. */
export type ChangesOf<S extends Fields> = { readonly [K in keyof S]?: Extract<NullFor<z.output<S[K]>>, Json> };

/** What arguments are after parsing. */
export type OutputOf<A> = A extends Fields ? z.output<z.ZodObject<A>> : NoArgs;
/** What arguments are as callers write them. */
export type InputOf<A> = A extends Fields ? z.input<z.ZodObject<A>> : NoArgs;

/** What a command gets that takes nothing. */
export type NoArgs = Readonly<Record<string, never>>;

/** What is said of commands where there are none. */
// oxlint-disable-next-line typescript/no-generated-empty-object-type -- no keys is what it says.
type NoCommands = Readonly<Record<never, Fields>>;

/** Something of whoever calls: their id, their name, their organization. */
export function caller(what: 'id' | 'name' | 'org'): CallerValue {
  return { $caller: what };
}

/** A claim of the caller's token. Callers without that claim are shown nothing that asks for it. */
export function claim(name: string): CallerValue {
  return { $claim: name };
}

/**
 * Defines a collection. Throws, naming the field, when the server could not serve it.
 *
 *     export const deployments = defineCollection({
 *       name: 'deployments',
 *       schema: { service: z.string().max(100), state: z.enum(['queued', 'running', 'done']).default('queued') },
 *       access: { report: 'report' },
 *     });
 */
export function defineCollection<
  const N extends string,
  S extends Fields,
  A extends CommandFields = NoCommands,
  T extends keyof S & string = never,
  C extends keyof S & string = never,
>(input: DefinitionInput<N, S, A, T, C>): Definition<N, S, A, T | C> {
  const { schema, name, access = {}, expiry = {}, set = {}, stamp, computed } = input;
  const isObject = isZodObject<S>(schema);
  const fields: S = isObject ? schema.shape : schema;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: T and C are the keys of exactly these two.
  const derived = [...Object.keys(stamp ?? {}), ...Object.keys(computed ?? {})] as (T | C)[];
  const open = Object.keys(fields).filter((field) => !derived.some((each) => each === field));
  const { perRecord = false } = expiry;
  const definition: Definition<N, S, A, T | C> = {
    statewire: 'collection/1',
    name,
    fields,
    derived,
    whole: isObject && (schema.def.checks?.length ?? 0) > 0 ? schema : null,
    ids: input.ids ?? (access.rows === undefined ? 'either' : 'made'),
    idPrefix: input.idPrefix ?? name.replaceAll('-', '').slice(0, 3),
    set: { create: set.create ?? open, patch: set.patch ?? open, report: set.report ?? open },
    stamp: { ...stamp },
    computed: { ...computed },
    access,
    expiry: { ...expiry, perRecord, from: expiry.from ?? (perRecord ? 'creation' : 'write') },
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: without commands A has no keys.
    commands: input.commands ?? ({} as { readonly [K in keyof A]: CustomCommand<S, A[K]> }),
  };
  const flaw = flawOfDefinition(definition);
  if (flaw !== null) throw new Error(`collection ${JSON.stringify(name)}: ${flaw}`);
  return Object.freeze(definition);
}

/** Is this export of a module a definition? */
export function isDefinition(value: unknown): value is AnyDefinition {
  return typeof value === 'object' && value !== null && 'statewire' in value && value.statewire === 'collection/1';
}

function isZodObject<S extends Fields>(schema: S | z.ZodObject<S>): schema is z.ZodObject<S> {
  // A field may be called `_zod` as little as one may be called `__proto__`: names begin with a letter.
  return '_zod' in schema;
}
