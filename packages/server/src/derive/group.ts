/**
 * Groups: the statuses of many as one. Members that are paused, have not spoken yet or are gone count for nothing, and
 * so does one under maintenance, unless it is really down: a maintenance never hides an outage. What nobody knows
 * (`unknown`) makes the group unknown only when nothing is worse.
 *
 *   worst     the worst word of all
 *   any       the best word of all: enough that one works
 *   quorum    down when at least `bad` are down, degraded when one is down or degraded
 *   weighted  degraded members weigh half; down from half of the weight on, degraded above nothing
 */
import type { Fact, Health, Members, Reason, Status } from '@statewire/model';

/** One member as it is now; null stands for a record that does not exist. */
export interface Member {
  readonly ref: string;
  readonly name: string;
  readonly status: Status | null;
  readonly health: Health;
}

export interface GroupVerdict {
  readonly verdict: Health;
  readonly reason: Reason;
  readonly facts: Readonly<Record<'members', Pick<Fact, 'v' | 'code' | 'text' | 'ms'>>>;
}

/** What the members make of their group. */
export function groupOf(members: readonly Member[], rule: Pick<Members, 'rule' | 'bad' | 'weights'>): GroupVerdict {
  const voices = members.flatMap((member) => {
    const health = healthOf(member);
    return health === null ? [] : [{ member, health, weight: rule.weights[member.ref] ?? 1 }];
  });
  const verdict = voices.length === 0 ? 'unknown' : VERDICT[rule.rule](voices, rule);
  return {
    verdict,
    reason: reasonOf(verdict, voices, members.length),
    facts: {
      members: { v: FACT[verdict], code: verdict === 'healthy' ? 'ok' : verdict, text: counted(members), ms: null },
    },
  };
}

interface Voice {
  readonly member: Member;
  readonly health: Health;
  readonly weight: number;
}

type Voices = readonly Voice[];

function healthOf({ status, health }: Member): Health | null {
  switch (status) {
    case 'up':
      return 'healthy';
    case 'degraded':
      return 'degraded';
    case 'down':
      return 'unhealthy';
    case 'unknown':
      return 'unknown';
    case 'maintenance':
      return health === 'unhealthy' ? 'unhealthy' : null;
    default:
      return null;
  }
}

const BADNESS: Readonly<Record<Health, number>> = { healthy: 0, unknown: 1, degraded: 2, unhealthy: 3 };

const VERDICT: Readonly<Record<Members['rule'], (voices: Voices, rule: Pick<Members, 'bad'>) => Health>> = {
  worst: (voices) =>
    voices.reduce<Health>((worst, { health }) => (BADNESS[health] > BADNESS[worst] ? health : worst), 'healthy'),
  any: (voices) =>
    voices.reduce<Health>((best, { health }) => (BADNESS[health] < BADNESS[best] ? health : best), 'unhealthy'),
  quorum: (voices, { bad }) => {
    const limit = bad ?? 1;
    const down = of(voices, 'unhealthy');
    if (down >= limit) return 'unhealthy';
    if (down + of(voices, 'degraded') > 0) return 'degraded';
    return of(voices, 'unknown') >= limit ? 'unknown' : 'healthy';
  },
  weighted: (voices) => {
    const known = voices.filter(({ health }) => health !== 'unknown');
    const all = weigh(voices);
    const lost = known.reduce((sum, { health, weight }) => sum + weight * LOSS[health], 0);
    if (all > 0 && lost >= all / 2) return 'unhealthy';
    if (lost > 0) return 'degraded';
    return all > 0 && weigh(known) > all / 2 ? 'healthy' : 'unknown';
  },
};

const LOSS: Readonly<Record<Health, number>> = { healthy: 0, unknown: 0, degraded: 0.5, unhealthy: 1 };

function of(voices: Voices, health: Health): number {
  return voices.filter((voice) => voice.health === health).length;
}

function weigh(voices: Voices): number {
  return voices.reduce((sum, { weight }) => sum + weight, 0);
}

const FACT = { healthy: 'ok', degraded: 'warn', unhealthy: 'fail', unknown: 'unknown' } as const;
const WORD: Readonly<Record<Health, string>> = {
  healthy: 'up',
  degraded: 'degraded',
  unhealthy: 'down',
  unknown: 'unknown',
};
const NAMED_MAX = 5;

/** Names those that matter: "2 of 5 down: a, b". */
function reasonOf(verdict: Health, voices: Voices, all: number): Reason {
  if (voices.length === 0) {
    const text = all === 0 ? 'The group has no members.' : 'No member says anything that counts.';
    return { code: all === 0 ? 'no_members' : 'no_voices', text };
  }
  if (verdict === 'healthy') return { code: 'ok', text: '' };
  const worst = VERDICT.worst(voices, { bad: null });
  const named = voices.filter(({ health }) => health === worst).map(({ member }) => member.name);
  const shown = named.slice(0, NAMED_MAX).join(', ');
  const more = named.length > NAMED_MAX ? ` and ${named.length - NAMED_MAX} more` : '';
  return { code: 'members', text: `${named.length} of ${voices.length} ${WORD[worst]}: ${shown}${more}` };
}

const ORDER: readonly (Status | 'missing')[] = [
  'up',
  'degraded',
  'down',
  'unknown',
  'pending',
  'maintenance',
  'paused',
  'missing',
];

function counted(members: readonly Member[]): string {
  const counts = new Map<string, number>();
  for (const { status } of members) counts.set(status ?? 'missing', (counts.get(status ?? 'missing') ?? 0) + 1);
  return ORDER.flatMap((word) => (counts.has(word) ? [`${counts.get(word) ?? 0} ${word}`] : [])).join(', ');
}
