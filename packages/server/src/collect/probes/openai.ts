import type { Json } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail } from '../egress/fault.ts';
import { talk } from './ask-json.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { isObject, type Finding, type ProbeDeps, type Prober } from './probe.ts';
import { stateless } from './stateless.ts';

/** Probes an OpenAI-compatible API: its list of models, the one that is counted on, and, when asked, one token of it. */
export function createOpenAiProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  const settings = settingsOf(plan, 'openai');
  return talk(deps, plan, budget, async ({ sheet, base, ask, failed }) => {
    const prefix = /:\/\/[^/]+$/.test(base) ? '/v1' : '';
    const listed = await ask('GET', `${prefix}/models`);
    if (!listed.ok) return failed('protocol', listed);
    const data = isObject(listed.value) ? listed.value['data'] : null;
    if (!Array.isArray(data)) return failed('protocol', fail('not_openai', 'The list of models is not one.'));
    const ids = data.flatMap((model: Json) =>
      isObject(model) && typeof model['id'] === 'string' ? [model['id']] : [],
    );
    const model = settings.model ?? ids[0];
    if (settings.model !== null && !ids.includes(settings.model)) {
      const message = `The model ${settings.model.slice(0, 100)} is not among the ${ids.length} that are listed.`;
      return failed('models', fail('model_missing', message));
    }
    sheet.ok('models', 'listed', `${ids.length} models are listed.`);
    if (!settings.completion) return sheet.done(plan, 'The API answers.', { json: listed.value });
    if (model === undefined) return failed('canary', fail('model_missing', 'No model is listed to ask.'));
    const askedAt = deps.clock.mono();
    const said = await ask('POST', `${prefix}/chat/completions`, {
      model,
      messages: [{ role: 'user', content: 'ping' }],
      max_tokens: 1,
    });
    if (!said.ok) return failed('canary', said);
    const choices = isObject(said.value) ? said.value['choices'] : null;
    if (!Array.isArray(choices) || choices.length === 0) {
      return failed('canary', fail('bad_payload', 'The completion has no choices.'));
    }
    const ms = deps.clock.mono() - askedAt;
    sheet.latency(ms).ok('canary', 'completed', 'The model answers.', ms);
    return sheet.done(plan, 'The model answers.', { json: said.value });
  });
}
