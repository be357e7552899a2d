import type { Json, JsonObject, Result } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail, type Fault } from '../egress/fault.ts';
import { talk, type Talk } from './ask-json.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { isObject, type Finding, type ProbeDeps, type Prober } from './probe.ts';
import { stateless } from './stateless.ts';

/** Probes an A2A agent by its card: is it there, is it one, does it list the skills that are counted on. */
export function createA2aProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  return talk(deps, plan, budget, async (talking) => {
    const { sheet, failed } = talking;
    const card = await cardOf(talking);
    if (!card.ok) return failed('protocol', card);
    if (!isObject(card.value)) return failed('card', fail('bad_card', 'The agent card is not a JSON object.'));
    const flaw = flawOf(card.value);
    if (flaw !== null) return failed('card', fail('bad_card', `The agent card is not valid: ${flaw}.`));
    sheet.ok('card', 'valid', textOf(card.value));
    const names = skillsOf(card.value);
    const missing = settingsOf(plan, 'a2a').skills.find((skill) => !names.includes(skill));
    if (missing !== undefined) {
      return failed('skills', fail('skill_missing', `The agent card does not list the skill ${missing.slice(0, 80)}.`));
    }
    const skills = names.filter((_, i) => i % 2 === 0);
    sheet.ok('skills', 'listed', `${skills.length} skills: ${skills.slice(0, 8).join(', ').slice(0, 200)}.`);
    return sheet.done(plan, 'The agent shows a valid card.', { json: card.value });
  });
}

/** The card where it is now, then where older agents keep it. */
async function cardOf({ ask, base }: Talk): Promise<Result<Json, Fault>> {
  if (base.endsWith('.json')) return ask('GET', '');
  const card = await ask('GET', '/.well-known/agent-card.json');
  return card.ok || card.status !== 404 ? card : ask('GET', '/.well-known/agent.json');
}

/** What a card lacks of what every version of the protocol requires, or null. */
function flawOf(card: JsonObject): string | null {
  for (const field of ['name', 'description', 'version']) {
    if (typeof card[field] !== 'string' || card[field] === '') return `${field} is missing`;
  }
  const { skills, capabilities } = card;
  if (!Array.isArray(skills)) return 'skills is not a list';
  if (!skills.every((skill: Json) => isObject(skill) && typeof skill['id'] === 'string')) return 'a skill has no id';
  if (!isObject(capabilities)) return 'capabilities is missing';
  const interfaces = card['supportedInterfaces'] ?? card['additionalInterfaces'];
  if (typeof card['url'] !== 'string' && !Array.isArray(interfaces)) return 'it names neither url nor interfaces';
  return null;
}

function textOf(card: JsonObject): string {
  const protocol = typeof card['protocolVersion'] === 'string' ? `, A2A ${card['protocolVersion'].slice(0, 20)}` : '';
  return `${text(card['name']).slice(0, 100)} ${text(card['version']).slice(0, 40)}${protocol}.`;
}

/** Ids and names of the skills, by turns. */
function skillsOf(card: JsonObject): readonly string[] {
  const { skills } = card;
  if (!Array.isArray(skills)) return [];
  return skills.flatMap((skill: Json) => (isObject(skill) ? [text(skill['id']), text(skill['name'])] : []));
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
