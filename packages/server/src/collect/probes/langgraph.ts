import type { Json } from '@statewire/protocol';
import type { Budget } from '../egress/budget.ts';
import { fail } from '../egress/fault.ts';
import { talk } from './ask-json.ts';
import { settingsOf, type CheckPlan } from './plan.ts';
import { isObject, type Finding, type ProbeDeps, type Prober } from './probe.ts';
import { stateless } from './stateless.ts';

/** Probes a LangGraph server: /ok, what /info says of it, and an assistant for each graph that is counted on. */
export function createLangGraphProber(deps: ProbeDeps): Prober {
  return stateless(deps, look);
}

function look(deps: ProbeDeps, plan: CheckPlan, budget: Budget): Promise<Finding> {
  return talk(deps, plan, budget, async ({ sheet, ask, failed }) => {
    const alive = await ask('GET', '/ok');
    if (!alive.ok) return failed('protocol', alive);
    if (!isObject(alive.value) || alive.value['ok'] !== true) {
      return failed('protocol', fail('not_langgraph', 'The server does not answer {"ok": true} to /ok.'));
    }
    const info = await ask('GET', '/info');
    // Servers before /info existed are well all the same.
    if (!info.ok && info.status !== 404) return failed('info', info);
    const version = info.ok && isObject(info.value) ? info.value['version'] : undefined;
    const name = typeof version === 'string' ? `LangGraph server ${version.slice(0, 40)}.` : 'LangGraph server.';
    sheet.ok('info', 'read', name);
    const { graphs } = settingsOf(plan, 'langgraph');
    for (const graph of graphs) {
      const found = await ask('POST', '/assistants/search', { graph_id: graph, limit: 1 });
      if (!found.ok) return failed('graphs', found);
      if (!holds(found.value, graph)) {
        return failed(
          'graphs',
          fail('graph_missing', `The server has no assistant for the graph ${graph.slice(0, 80)}.`),
        );
      }
    }
    if (graphs.length > 0) sheet.ok('graphs', 'found', `${graphs.length} graphs have an assistant.`);
    return sheet.done(plan, 'The server is well.', { json: info.ok ? info.value : null });
  });
}

function holds(assistants: Json, graph: string): boolean {
  return Array.isArray(assistants) && assistants.some((one: Json) => isObject(one) && one['graph_id'] === graph);
}
