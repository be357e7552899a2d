/** The types of a collection that the app defines, as its client has them. Nothing of a definition but its name is used here. */
import type { AnyDefinition, NoArgs, CommandsOf, CreateOf, PatchOf, RecordOf } from '@statewire/model';
import type { Collection } from './collection.ts';
import type { CoreCollection } from './core-collection.ts';
import type { CommandResult } from './errors.ts';

/** What `client.collection(definition)` returns: rows, bodies and commands are those of the definition. */
export type CustomCollection<D extends AnyDefinition> = Omit<Collection<RecordOf<D>, BodiesOf<D>>, 'call'> & Calls<D>;

/** The same of the core's client. */
export type CoreCustomCollection<D extends AnyDefinition> = Omit<CoreCollection<RecordOf<D>, BodiesOf<D>>, 'call'> &
  Calls<D>;

interface BodiesOf<D extends AnyDefinition> {
  readonly create: CreateOf<D>;
  readonly patch: PatchOf<D>;
  readonly report: PatchOf<D>;
}

interface Calls<D extends AnyDefinition> {
  /** Runs a command of the definition on a record. */
  call<N extends keyof CommandsOf<D> & string>(
    id: string,
    name: N,
    ...args: NoArgs extends CommandsOf<D>[N] ? [args?: CommandsOf<D>[N]] : [args: CommandsOf<D>[N]]
  ): Promise<CommandResult>;
}
