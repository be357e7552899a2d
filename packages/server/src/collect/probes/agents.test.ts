import type { Json } from '@statewire/protocol';
import type { ServiceKind } from '@statewire/model';
import { afterEach, expect, test } from 'vitest';
import { json, send, startScripted, type Script, type ScriptedServer } from '../../testing/peers/faults.ts';
import { planOf } from '../../testing/peers/plan.ts';
import { createProbing } from '../../testing/peers/probing.ts';
import type { ProbeObservation } from '../observation.ts';
import type { CheckPlan } from './plan.ts';

const { probers } = createProbing();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Routes = Readonly<Record<string, Json | number>>;

/** A server that answers paths with JSON, or with a status. */
async function serve(routes: Routes, script: Script = () => false): Promise<ScriptedServer> {
  const server = await startScripted((call) => {
    if (script(call)) return true;
    const found = routes[call.req.url ?? ''];
    if (found === undefined) return send(call.res, 404, 'no');
    return typeof found === 'number' ? send(call.res, found, 'no') : json(call.res, 200, found);
  });
  closing.push(() => server.close());
  return server;
}

async function probe(
  kind: ServiceKind,
  server: ScriptedServer,
  path = '',
  more: Partial<CheckPlan> = {},
): Promise<ProbeObservation> {
  const plan = planOf(kind, `http://127.0.0.1:${server.port}${path}`, { timeoutMs: 600, ...more });
  return (await probers.probe(plan)).observation;
}

const said = ({ verdict, reason, facts }: ProbeObservation): string =>
  `${verdict} ${reason.code} ${Object.entries(facts)
    .map(([name, { v }]) => `${name}:${v}`)
    .join(' ')}`;

const card = {
  name: 'Weather',
  description: 'Knows the weather.',
  version: '1.2.0',
  protocolVersion: '0.3.0',
  url: 'http://127.0.0.1/a2a',
  capabilities: { streaming: true },
  skills: [{ id: 'forecast', name: 'Forecast' }],
};
const CARD = '/.well-known/agent-card.json';

test('[CK10] an A2A agent is known by its card, and by what is on it', async () => {
  const server = await serve({ [CARD]: card });
  const well = await probe('a2a', server);
  expect(said(well)).toBe('healthy ok reach:ok protocol:ok card:ok skills:ok');
  expect(well.facts['card']?.text).toBe('Weather 1.2.0, A2A 0.3.0.');
  expect(well.facts['skills']?.text).toBe('1 skills: forecast.');
  const skills = (names: readonly string[]): CheckPlan['probe'] => ({ kind: 'a2a', skills: names });
  expect(said(await probe('a2a', server, '', { probe: skills(['Forecast']) }))).toContain('healthy ok');
  expect(said(await probe('a2a', server, '/', { probe: skills(['tides']) }))).toBe(
    'unhealthy skill_missing reach:ok protocol:ok card:ok skills:fail',
  );
  const conditions = ['json.capabilities.streaming && json.version matches /^1\\./'];
  expect(said(await probe('a2a', server, '', { conditions }))).toContain('healthy ok');
});

test('[CK10] the card of an older agent, one at an address of its own, and none', async () => {
  expect(said(await probe('a2a', await serve({ '/.well-known/agent.json': card })))).toContain('healthy ok');
  expect(said(await probe('a2a', await serve({ '/x/card.json': card }), '/x/card.json'))).toContain('healthy ok');
  expect(said(await probe('a2a', await serve({})))).toBe('unhealthy http_4xx reach:ok protocol:fail');
});

test.each<[string, Json, string]>([
  ['a list', [], 'The agent card is not a JSON object.'],
  ['no name', { ...card, name: '' }, 'name is missing'],
  ['no version', { ...card, version: 1 }, 'version is missing'],
  ['no skills', { ...card, skills: {} }, 'skills is not a list'],
  ['a skill without an id', { ...card, skills: [{ name: 'x' }] }, 'a skill has no id'],
  ['no capabilities', { ...card, capabilities: null }, 'capabilities is missing'],
  ['no address', { ...card, url: null }, 'it names neither url nor interfaces'],
])('[CK10] a card with %s is not valid', async (_name, bad, message) => {
  const observation = await probe('a2a', await serve({ [CARD]: bad }));
  expect(observation).toMatchObject({
    verdict: 'unhealthy',
    reason: { code: 'bad_card' },
    facts: { card: { v: 'fail' } },
  });
  expect(observation.reason.text).toContain(message);
});

test('[CK10] a LangGraph server: /ok, /info, and assistants', async () => {
  const search: Script = (call) => {
    if (call.req.url !== '/assistants/search') return false;
    const graph = call.message['graph_id'];
    return json(call.res, 200, graph === 'agent' ? [{ assistant_id: 'a', graph_id: 'agent' }] : []);
  };
  const server = await serve({ '/ok': { ok: true }, '/info': { version: '0.4.9', flags: {} } }, search);
  const well = await probe('langgraph', server, '', {
    probe: { kind: 'langgraph', graphs: ['agent'] },
    conditions: ['json.version == "0.4.9"'],
  });
  expect(said(well)).toBe('healthy ok reach:ok protocol:ok info:ok graphs:ok conditions:ok');
  expect(well.facts['info']?.text).toBe('LangGraph server 0.4.9.');
  expect(said(await probe('langgraph', server, '', { probe: { kind: 'langgraph', graphs: ['other'] } }))).toBe(
    'unhealthy graph_missing reach:ok protocol:ok info:ok graphs:fail',
  );
  expect(said(await probe('langgraph', await serve({ '/ok': { ok: true } })))).toContain('healthy ok');
  expect(said(await probe('langgraph', await serve({ '/ok': { ok: false } })))).toBe(
    'unhealthy not_langgraph reach:ok protocol:fail',
  );
  expect(said(await probe('langgraph', await serve({ '/ok': 403 })))).toBe(
    'degraded needs_auth reach:ok protocol:ok auth:fail',
  );
});

test('[CK10] an OpenAI-compatible API: the models, the one that is counted on, one token of it', async () => {
  const models = { object: 'list', data: [{ id: 'small' }, { id: 'large' }] };
  let asked: Json = null;
  const complete: Script = (call) => {
    if (call.req.url !== '/v1/chat/completions') return false;
    asked = call.message;
    return json(call.res, 200, { choices: call.message['model'] === 'large' ? [{ message: { content: 'p' } }] : [] });
  };
  const server = await serve({ '/v1/models': models }, complete);
  const want = (model: string | null, completion = false): CheckPlan['probe'] => ({
    kind: 'openai',
    model,
    completion,
  });
  expect(said(await probe('openai', server))).toBe('healthy ok reach:ok protocol:ok models:ok');
  expect(said(await probe('openai', server, '/v1', { probe: want('large') }))).toContain('healthy ok');
  expect(said(await probe('openai', server, '/v1/', { probe: want('huge') }))).toBe(
    'unhealthy model_missing reach:ok protocol:ok models:fail',
  );
  expect(asked).toBeNull();
  expect(said(await probe('openai', server, '/v1', { probe: want('large', true) }))).toBe(
    'healthy ok reach:ok protocol:ok models:ok canary:ok',
  );
  expect(asked).toMatchObject({ model: 'large', max_tokens: 1 });
  expect(said(await probe('openai', server, '/v1', { probe: want('small', true) }))).toBe(
    'unhealthy bad_payload reach:ok protocol:ok models:ok canary:fail',
  );
  expect(said(await probe('openai', await serve({ '/v1/models': { data: 1 } })))).toContain('unhealthy not_openai');
});

test('[CK10] a token is sent, kept to itself, and a refused one is degraded', async () => {
  const guard: Script = (call) => {
    const given = call.req.headers.authorization;
    if (given === 'Bearer t0ken-1') return false;
    return send(call.res, given === undefined ? 401 : 403, `you sent ${given ?? ''}`);
  };
  const server = await serve({ '/v1/models': { data: [{ id: 'm' }] } }, guard);
  const well = await probe('openai', server, '/v1', { credentials: { token: 't0ken-1' } });
  expect(said(well)).toContain('healthy ok');
  const refused = await probe('openai', server, '/v1', { credentials: { token: 'wr0ng-1' } });
  expect(said(refused)).toBe('degraded forbidden reach:ok protocol:ok auth:fail');
  expect(said(await probe('openai', server, '/v1'))).toBe('degraded needs_auth reach:ok protocol:ok auth:fail');
  expect(JSON.stringify([well, refused])).not.toMatch(/t0ken|wr0ng/);
});
