import { collections, type Scope } from '@statewire/model';
import { Grants } from '../collect/commands/grants.ts';

const grants = new Grants(Object.values(collections));

/** What these scopes come to on a server without collections of an app. */
export function granted(scopes: readonly Scope[]): readonly string[] {
  return grants.ofScopes(scopes);
}
