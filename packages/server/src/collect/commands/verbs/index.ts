import type { Collection } from '@statewire/model';
import { customVerbs } from '../custom.ts';
import type { Verb } from '../verb.ts';
import { agentVerbs } from './agents.ts';
import { alertVerbs } from './alerts.ts';
import { channelVerbs } from './channels.ts';
import { customerVerbs } from './customers.ts';
import { embedVerbs } from './embeds.ts';
import { instructionVerbs } from './instructions.ts';
import { maintenanceVerbs } from './maintenances.ts';
import { messageVerbs } from './messages.ts';
import { pageVerbs } from './pages.ts';
import { incidentVerbs } from './incidents.ts';
import { memberVerbs } from './members.ts';
import { notificationVerbs } from './notifications.ts';
import { presenceVerbs } from './presences.ts';
import { ruleVerbs } from './rules.ts';
import { runVerbs } from './runs.ts';
import { serviceVerbs } from './services.ts';
import { statusVerbs } from './status.ts';

/** Every command of every collection. A new one is a line in the file of its collection. */
export const verbs: readonly Verb[] = [
  ...agentVerbs,
  ...alertVerbs,
  ...channelVerbs,
  ...customerVerbs,
  ...embedVerbs,
  ...pageVerbs,
  ...presenceVerbs,
  ...instructionVerbs,
  ...maintenanceVerbs,
  ...messageVerbs,
  ...ruleVerbs,
  ...runVerbs,
  ...serviceVerbs,
  ...statusVerbs,
  ...incidentVerbs,
  ...memberVerbs,
  ...notificationVerbs,
];

/** The command of this name on this collection, or null. Safe for names from outside. */
export function verbOf(collection: Collection, name: string): Verb | null {
  const of = collection.custom === undefined ? verbs : customVerbs(collection);
  return of.find((verb) => verb.name === name && verb.on.includes(collection.name)) ?? null;
}
