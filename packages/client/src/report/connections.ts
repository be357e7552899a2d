import type { Connection, ConnectionReport } from '@statewire/model';
import { Collection } from '../collection.ts';
import { body } from '../core-collection.ts';
import type { CommandResult } from '../errors.ts';
import type { BodiesOf } from '../named.ts';

/** Links of agents to services. */
export class Connections extends Collection<Connection, BodiesOf<'connections'>> {
  /** Reports how a link of an agent to a service fares. The record is made by its first report. */
  observe(
    link: { readonly agent: string; readonly service: string },
    fields: ConnectionReport,
  ): Promise<CommandResult> {
    return this.call(`${link.agent}:${link.service}`, 'report', body({ ...fields, ...link }));
  }
}
