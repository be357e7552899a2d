import type { MetricReport } from '@statewire/model';
import { expect, test } from 'vitest';
import type { Timer } from '../env.ts';
import { localFailure } from '../errors.ts';
import { MetricReporter } from './metric.ts';

/** A clock that is run by hand, and a server that notes what it is told. */
function desk(answer: 'refuse' | 'take' = 'take') {
  let due: (() => void) | null = null;
  const sent: MetricReport[] = [];
  const reporter = new MetricReporter(
    {
      env: {
        after: (_ms, fn): Timer => {
          due = fn;
          return { cancel: () => void (due = null) };
        },
      },
      send: (report) => {
        sent.push(report);
        if (answer === 'refuse') return Promise.resolve(localFailure('forbidden', 'no'));
        return Promise.resolve({ ok: true, id: 'orders', version: sent.length, value: null, undo: null });
      },
    },
    'orders',
  );
  return { reporter, sent, tick: () => due?.() };
}

test('[DM4] what is said within a second is one report: the newest value and what was added since', async () => {
  const { reporter, sent, tick } = desk();
  reporter.increment();
  reporter.increment(2);
  tick();
  await reporter.flush();
  reporter.increment(5);
  reporter.set(10, { unit: 'orders' });
  reporter.increment(1);
  await reporter.flush();
  expect(sent).toEqual([{ increment: 3 }, { set: 10, unit: 'orders', increment: 1 }]);
  expect(await reporter.flush()).toBeNull();
});

test('[DM4] a refusal is kept for whoever asks, and the next report is made all the same', async () => {
  const { reporter, sent } = desk('refuse');
  reporter.set(1);
  expect(await reporter.flush()).toMatchObject({ ok: false });
  expect(reporter.error).toMatchObject({ code: 'forbidden' });
  reporter.set(2);
  await reporter.flush();
  expect(sent).toHaveLength(2);
});
