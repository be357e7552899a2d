import { collectionOf, type Collection } from '@statewire/model';
import type { Result, Row } from '@statewire/protocol';
import type { Engine } from '../../derive/engine.ts';
import type { Commit, Draft } from '../../keep/commit-types.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Limits } from '../../lib/limits.ts';
import type { CollectionOf } from '../../lib/catalog.ts';
import type { Principal } from '../../lib/principal.ts';
import type { Vault } from '../../lib/vault.ts';
import type { Grants } from '../commands/grants.ts';
import type { NameClaims } from '../commands/names.ts';
import type { Refused } from '../audit/refusals.ts';
import type { Observation } from '../observation.ts';

/**
 * What everything that writes for a caller is handed. The later stages come in as functions: this stage imports
 * nothing of them but types.
 */
export interface WriteDeps {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly commit: Pick<Commit, 'write' | 'version'>;
  readonly engine: Engine;
  /** Seals secrets before they are stored. */
  readonly vault: Pick<Vault, 'seal'>;
  /** The one answer to "may they?" (publish/access.ts). */
  readonly authorize: (
    principal: Principal,
    action: 'change' | 'create' | 'delete' | 'read' | 'report' | { readonly call: string },
    collection: string,
  ) => Result<Collection>;
  /** What built-in roles come to (collect/commands/grants.ts). */
  readonly grants: Pick<Grants, 'ofRole'>;
  /** Finds collections by name; absent: those of the model only. */
  readonly collectionOf?: CollectionOf | undefined;
  /** Names that are unique over all organizations. Absent where there is one organization only. */
  readonly names?: Pick<NameClaims, 'claim'> | undefined;
  /** Takes note of who was not let do what (collect/audit/refusals.ts). Absent: nobody does. */
  readonly refused?: ((refused: Refused) => void) | undefined;
  /** One observation of one record, inside a transaction (keep/observe.ts). */
  readonly observeIn: (
    draft: Draft,
    what: { readonly collection: string; readonly id: string; readonly observation: Observation },
  ) => Result<Row>;
}

/** Finds a collection by a name from outside. */
export function knownTo(deps: Pick<WriteDeps, 'collectionOf'>): CollectionOf {
  return deps.collectionOf ?? collectionOf;
}

/** Who is named in the change log. */
export function actorOf(principal: Principal): string {
  return `${principal.kind}:${principal.id}`;
}
