import type { Collection, Level } from '@statewire/model';
import type { JsonObject, Result } from '@statewire/protocol';
import type { z } from 'zod';
import type { Draft, Written } from '../../keep/commit-types.ts';
import type { Principal } from '../../lib/principal.ts';
import type { WriteDeps } from '../reports/deps.ts';
import type { MutationFailure } from './base.ts';

/** What came of a write or command: the record's id, and what a command has to say beside it. */
export type Done = JsonObject & { readonly id: string };

/** Arguments of a command, read by its schema. */
export type Args = Readonly<Record<string, unknown>>;

/** One call of a command. */
export interface VerbCall {
  readonly principal: Principal;
  readonly collection: Collection;
  readonly id: string;
  readonly args: Args;
  /** The live connection that it came over, for what lives as long as that; absent at other doors. */
  readonly via?: object | undefined;
  /** A repeat with the same key is to have no second effect. */
  readonly key?: string | undefined;
  /** The caller's own reason, for the audit log. */
  readonly why?: string | undefined;
}

/**
 * A command on a record: something a person or program does that is not a change of fields. One table of these
 * (verbs/index.ts) is what live connections, REST routes and the OpenAPI document all read.
 */
export interface Verb {
  readonly name: string;
  /** Collections whose records have this command. */
  readonly on: readonly string[];
  /**
   * At which level it stands, for built-in roles and scopes: that of the collection's commands, of its reports, or the one that
   * `call` names. The permission itself is `<collection>:<name>` always.
   */
  readonly action: 'write' | 'report' | { readonly call: Level };
  /** One line for the API's document. */
  readonly summary: string;
  readonly args: z.ZodType<Args>;
  /** True: REST answers with what the command has to say, not with the record. */
  readonly isQuestion?: boolean | undefined;
  /** True when the record may not be there yet. */
  readonly isBirth?: boolean | undefined;
  /** False for commands that only live connections have. Default true. */
  readonly isRest?: boolean | undefined;
  /**
   * What it does to the record, in one transaction. `outside`: it needs more than a transaction (it probes, it sends), and
   * is one of the `acts` handed to the commands under `collection/name`.
   */
  readonly run: 'outside' | ((deps: WriteDeps, draft: Draft, call: VerbCall) => Result<Done, MutationFailure>);
}

/** Carries out a command, or a `create`, that needs more than a transaction. */
export type Act = (call: VerbCall) => Promise<Result<Written<Done>, MutationFailure>>;
