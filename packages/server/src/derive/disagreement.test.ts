import type { Agent, Connection, Disagreement, Service } from '@statewire/model';
import { expect, test } from 'vitest';
import { disagreementsOf } from './disagreement.ts';

type Link = Parameters<typeof disagreementsOf>[1][number];

const OK = { code: 'ok', text: '' };
function link(id: string, more: Partial<Link> = {}): Link {
  return {
    id,
    agent: id,
    desired: 'active',
    fresh: 'live',
    phase: 'connected',
    status: 'up',
    reason: OK,
    lastErrorCode: null,
    disagreement: null,
    ...more,
  };
}
function failing(id: string, code = 'token_expired', text = 'The token has expired.'): Link {
  return link(id, { status: 'down', phase: 'failed', reason: { code, text } });
}
function service(
  status: Service['status'],
  before: Disagreement | null = null,
): Pick<Service, 'disagreement' | 'reason' | 'status'> {
  return {
    status,
    reason: status === 'down' ? { code: 'refused', text: 'Connection refused.' } : OK,
    disagreement: before,
  };
}
const there = (): Pick<Agent, 'desired' | 'fresh'> => ({ desired: 'active', fresh: 'live' });
const textOf = (
  status: Service['status'],
  links: readonly Link[],
  agentOf: Parameters<typeof disagreementsOf>[2] = there,
) => disagreementsOf(service(status), links, agentOf, 5).service?.text ?? null;

test.each<readonly [string, Service['status'], readonly Link[], string | null]>([
  ['all agree', 'up', [link('a'), link('b')], null],
  ['nobody is connected', 'up', [], null],
  [
    'some fail',
    'up',
    [failing('a'), link('b'), link('c')],
    'The probe says up, 1 of 3 agents cannot connect: The token has expired.',
  ],
  ['the only one fails', 'up', [failing('a')], 'The probe says up, 1 agent cannot connect: The token has expired.'],
  [
    'the commonest reason is told',
    'up',
    [failing('a', 'dns', 'No such host.'), failing('b'), failing('c')],
    'The probe says up, 3 of 3 agents cannot connect: The token has expired.',
  ],
  [
    'a phase without words',
    'up',
    [link('a', { status: 'degraded', phase: 'needs_auth', reason: { code: 'needs_auth', text: '' } })],
    'The probe says up, 1 agent cannot connect: needs auth.',
  ],
  [
    'its error code',
    'up',
    [
      link('a', {
        status: 'down',
        phase: 'failed',
        reason: { code: 'failed', text: '' },
        lastErrorCode: 'tls_expired',
      }),
    ],
    'The probe says up, 1 agent cannot connect: tls expired.',
  ],
  [
    'closed on purpose',
    'up',
    [link('a', { status: 'down', phase: 'disconnected', reason: { code: 'disconnected', text: '' } })],
    null,
  ],
  [
    'closed by an error',
    'up',
    [
      link('a', {
        status: 'down',
        phase: 'disconnected',
        lastErrorCode: 'reset',
        reason: { code: 'disconnected', text: '' },
      }),
    ],
    'The probe says up, 1 agent cannot connect: reset.',
  ],
  ['slow is not unable', 'up', [link('a', { status: 'degraded' })], null],
  ['both say down', 'down', [failing('a')], null],
  [
    'only we say down',
    'down',
    [link('a'), link('b'), failing('c')],
    'The probe says down: Connection refused; 2 of 3 agents are connected.',
  ],
  ['we do not know', 'unknown', [failing('a')], null],
  ['in maintenance', 'maintenance', [failing('a')], null],
  ['a connection in maintenance', 'up', [link('a', { status: 'maintenance', phase: 'failed' })], null],
  ['nobody wants it', 'up', [{ ...failing('a'), desired: 'paused' }], null],
  ['not heard any more', 'up', [{ ...failing('a'), fresh: 'expired' }], null],
])('[AI9] %s', (_name, status, links, text) => {
  expect(textOf(status, links)).toBe(text);
});

test('[AI9] an agent that is gone or retired says nothing; one without a record does', () => {
  expect(textOf('up', [failing('a')], () => ({ desired: 'active', fresh: 'expired' }))).toBeNull();
  expect(textOf('up', [failing('a')], () => ({ desired: 'retired', fresh: 'live' }))).toBeNull();
  expect(textOf('up', [failing('a')], () => null)).not.toBeNull();
});

test('[AI9] each connection says it of itself, and since when is kept while it holds', () => {
  const before: Disagreement = { kind: 'agents_fail', agents: 1, of: 1, code: 'dns', text: '', since: 2 };
  const said = disagreementsOf(
    service('up', before),
    [{ ...failing('a'), disagreement: before }, failing('b'), link('c')],
    there,
    9,
  );
  expect(said.service).toMatchObject({ kind: 'agents_fail', agents: 2, of: 3, code: 'token_expired', since: 2 });
  expect(said.connections.get('a')).toMatchObject({
    since: 2,
    text: 'The probe says up, this agent cannot connect: The token has expired.',
  });
  expect(said.connections.get('b')).toMatchObject({ since: 9 });
  expect(said.connections.get('c')).toBeNull();
  const turned = disagreementsOf(service('down', before), [link('c')], there, 11);
  expect(turned.service).toMatchObject({ kind: 'probe_fails', since: 11, code: 'refused' });
  expect(turned.connections.get('c')?.text).toBe('The probe says down: Connection refused; this agent is connected.');
});

test('[AI9] the same in another order is the same sentence', () => {
  const links = [
    failing('a', 'dns', 'No such host.'),
    failing('b', 'tls', 'Bad certificate.'),
    link('c'),
  ] satisfies readonly Pick<Connection, 'id'>[];
  expect(textOf('up', links)).toBe(textOf('up', links.toReversed()));
});
