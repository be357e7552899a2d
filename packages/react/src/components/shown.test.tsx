/** What only shows: plain values in, words, shapes and states out. No client, no provider. */
import { shapes, words } from '@statewire/client/look';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { useState, type ReactNode } from 'react';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  AgentStatusControl,
  ChangeHighlight,
  ConnectionCounter,
  HealthDot,
  JobCard,
  LatencyChart,
  MultiProgress,
  PresenceAvatars,
  ProgressBar,
  Sparkline,
  StatusBadge,
  StatusDot,
  SystemMessageBanner,
  SystemMessageManager,
  UptimeBar,
  type ShownAgent,
  type ShownRun,
} from '../components.ts';

const job: ShownRun = {
  id: 'j',
  title: 'Nightly scan',
  goal: 'Every file once',
  state: 'running',
  progress: { done: 499, total: 500, unit: 'files', pct: 99.8, message: 'reading', stage: '' },
  rate: 4.2,
  etaMs: 3_000,
  movedAt: 1_000,
  startedAt: 0,
  endedAt: null,
  createdAt: 0,
  updatedAt: 1_000,
};

const agent: ShownAgent = {
  id: 'a',
  name: 'Ada',
  status: 'up',
  desired: 'active',
  since: 0,
  override: null,
  overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
  activity: 'reading mail',
};

interface Drawn {
  readonly colour: string;
  readonly box: readonly [x: number, y: number, width: number, height: number];
}

let drawn: Drawn[] = [];

beforeEach(() => {
  drawn = [];
  const painter = {
    fillStyle: '',
    clearRect: () => {
      drawn = [];
    },
    fillRect(x: number, y: number, width: number, height: number) {
      drawn.push({ colour: this.fillStyle, box: [x, y, width, height] });
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the three members are all that drawing uses.
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => painter as never);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(148);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(20);
});

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
  document.documentElement.removeAttribute('style');
});

describe('statuses', () => {
  test('[UI1] a status is a shape and a word, never colour alone', () => {
    render(
      <>
        <StatusBadge status="down" reason="refused" />
        <StatusBadge status="waiting_input" label="Eingabe" />
        <StatusDot status="up" />
        <HealthDot status="degraded" latencyMs={1240} label="Search" />
      </>,
    );
    expect(screen.getByText('Down').parentElement?.title).toBe('refused');
    expect(screen.getByText('Eingabe')).toBeDefined();
    expect(screen.getByRole('img', { name: 'Up' }).querySelector('path')).not.toBeNull();
    expect(screen.getByRole('img', { name: 'Search: Degraded' })).toBeDefined();
    expect(screen.getByText('1.24 s')).toBeDefined();
  });

  test('[UI1] each tone has a shape of its own, and every status a tone', () => {
    const outlines = Object.values(shapes).map((strokes) => strokes.map(({ d }) => d).join(' '));
    expect(new Set(outlines).size).toBe(outlines.length);
    for (const { tone, word } of Object.values(words)) {
      expect(shapes[tone]).toBeDefined();
      expect(word).not.toBe('');
    }
  });

  test('[UI1] a word that is not known is shown as it is', () => {
    render(<StatusBadge status="needs_auth" />);
    expect(screen.getByText('Needs auth').parentElement?.dataset['tone']).toBe('quiet');
  });

  test('a counter says how many, of how many, and that it does not know yet', () => {
    const view = render(<ConnectionCounter count={null} />);
    expect(view.container.textContent).toBe('– connected');
    view.rerender(<ConnectionCounter count={2} total={3} />);
    expect(view.container.textContent).toBe('2 of 3 connected');
    view.rerender(<ConnectionCounter count={3} total={3} label="agents" />);
    expect(view.container.textContent).toBe('3 agents');
  });

  test('people have names, initials, and a number for those without room', () => {
    const people = ['Ada Lovelace', 'Grace Hopper', 'Linus'].map((name) => ({ id: name, name }));
    render(<PresenceAvatars people={people} max={2} />);
    expect(screen.getByRole('list', { name: 'Here now: 3' })).toBeDefined();
    expect(screen.getByText('AL')).toBeDefined();
    expect(screen.getByText('and 1 more: Linus')).toBeDefined();
  });
});

describe('server', () => {
  test('[UI2] what only shows renders on a server and needs no provider', () => {
    const html = renderToString(
      <>
        <StatusBadge status="up" />
        <HealthDot status="up" latencyMs={4} />
        <ConnectionCounter count={1} />
        <ProgressBar label="Scan" progress={job.progress} />
        <MultiProgress label="All" items={[{ id: 'a', label: 'A', progress: job.progress }]} />
        <JobCard job={job} />
        <UptimeBar bar="uugd" />
        <LatencyChart points={[{ at: 1, p50: 2 }]} />
        <Sparkline label="latency" values={[1, 2]} />
        <ChangeHighlight value={1} />
        <AgentStatusControl agent={agent} />
        <SystemMessageBanner messages={[{ id: 'm', title: 'Hello', priority: 'info' }]} />
        <SystemMessageManager messages={[]} />
        <PresenceAvatars people={[]} />
      </>,
    );
    expect(html).toContain('Nightly scan');
    expect(html).toContain('Hello');
  });
});

describe('looks', () => {
  test('[UI3] unstyled, no class of the theme is left, and every state is an attribute', () => {
    const { container } = render(
      <>
        <StatusBadge unstyled status="down" className="mine" classNames={{ word: 'my-word' }} />
        <ProgressBar unstyled label="Scan" progress={job.progress} tone="down" />
      </>,
    );
    expect(container.innerHTML).not.toMatch(/class="[^"]*\bsw-(badge|progress|progress-track)\b/);
    expect(container.querySelector('.mine')?.getAttribute('data-status')).toBe('down');
    expect(container.querySelector('.my-word')?.textContent).toBe('Down');
    expect(container.querySelector('[data-tone="down"] [role="progressbar"]')).not.toBeNull();
  });
});

describe('progress', () => {
  test('[UI5] progress is said to everyone, never 100 % too early, and without an end it says so', () => {
    const view = render(<ProgressBar label="Scan" progress={job.progress} />);
    const bar = screen.getByRole('progressbar', { name: 'Scan' });
    expect(bar.getAttribute('aria-valuenow')).toBe('99');
    expect(bar.getAttribute('aria-valuetext')).toBe('99 %, 499 of 500 files: reading');
    view.rerender(<ProgressBar label="Scan" progress={{ done: 7, total: null, unit: '', pct: null, message: '' }} />);
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBeNull();
    expect(screen.getByText('7')).toBeDefined();
    view.rerender(<ProgressBar label="Scan" progress={{ done: 0, total: 0, unit: '', pct: Number.NaN }} />);
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBeNull();
  });

  test('several are one bar and each its own; what is too much is a number', () => {
    const items = [100, 50, 0].map((pct) => ({
      id: String(pct),
      label: `Part ${pct}`,
      progress: { done: pct, total: 100, unit: '%', pct },
    }));
    render(<MultiProgress label="All" items={items} max={2} />);
    expect(screen.getByRole('progressbar', { name: 'All' }).getAttribute('aria-valuetext')).toBe('50 %, 1 of 3 done');
    expect(screen.getAllByRole('progressbar')).toHaveLength(3);
    expect(screen.getByText('and 1 more')).toBeDefined();
  });

  test('a card of a job that ended is full, says why, and offers no cancel', () => {
    const cancel = vi.fn();
    const view = render(<JobCard job={job} onCancel={cancel} />);
    fireEvent.click(screen.getByRole('button', { name: 'Cancel Nightly scan' }));
    expect(cancel).toHaveBeenCalledOnce();
    const ended = { ...job, state: 'succeeded', reason: { code: 'ok', text: 'All read' }, endedAt: 61_000 } as const;
    view.rerender(<JobCard job={ended} onCancel={cancel} />);
    expect(screen.queryByRole('button')).toBeNull();
    expect(screen.getByText('All read')).toBeDefined();
    expect(screen.getByText(/took 1 min/)).toBeDefined();
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
  });
});

describe('drawings', () => {
  test('[UI6] bars, lines and charts have a summary in words', () => {
    render(
      <>
        <UptimeBar bar="uuugdx" cells={10} label="Search" />
        <UptimeBar bar="" />
        <UptimeBar bar="ud" unit="day" />
        <Sparkline label="latency" values={[1, 2, null, 5, null, 3, 4]} />
        <Sparkline label="empty" values={[null]} />
        <LatencyChart
          points={[
            { at: 0, p50: 5, p95: 80 },
            { at: 1, p50: null },
            { at: 2, p50: 120 },
          ]}
          shaded={[{ from: 1, to: 2, status: 'down' }]}
        />
      </>,
    );
    for (const name of [
      'Search: last 6 checks: 3 up, 1 degraded, 1 down, 1 unknown',
      'no checks yet',
      'last 2 days: 1 up, 1 down',
      'latency: 4 ms last, 1 to 5 ms over 5',
      'empty: nothing measured yet',
    ])
      expect(screen.getByRole('img', { name })).toBeDefined();
    expect(
      screen.getByRole('group', { name: 'Response time: 5 ms to 120 ms over 2 points, 1 time down' }),
    ).toBeDefined();
  });

  test('[UI6] each cell and point can be read by keys, and says what it is', () => {
    render(
      <>
        <UptimeBar bar="ud" cells={3} label="Search" describe={(back) => `${back} days ago`} />
        <LatencyChart
          label="Latency"
          points={[
            { at: 0, p50: 5, p95: 80 },
            { at: 1_000, p50: null },
          ]}
        />
      </>,
    );
    const bar = screen.getByRole('slider', { name: 'Search' });
    expect(bar.getAttribute('aria-valuetext')).toBe('0 days ago: down');
    fireEvent.change(bar, { target: { value: '1' } });
    expect(bar.getAttribute('aria-valuetext')).toBe('1 days ago: up');
    fireEvent.focus(bar);
    expect(screen.getByText('1 days ago')).toBeDefined();
    fireEvent.keyDown(bar, { key: 'Escape' });
    expect(screen.queryByText('1 days ago')).toBeNull();
    const line = screen.getByRole('slider', { name: 'Latency' });
    expect(line.getAttribute('aria-valuetext')).toMatch(/no data$/);
    fireEvent.change(line, { target: { value: '0' } });
    expect(line.getAttribute('aria-valuetext')).toMatch(/p50 5 ms · p95 80 ms$/);
  });

  test('[UI7] gaps are gaps, and a lone value is a dot', () => {
    const { container } = render(
      <>
        <Sparkline label="latency" values={[1, 2, null, 5, null, 3, 4]} />
        <LatencyChart points={[1, 2, null, 4].map((p50, at) => ({ at, p50 }))} />
      </>,
    );
    expect(container.querySelector('.sw-sparkline path')?.getAttribute('d')?.match(/M/g)).toHaveLength(3);
    const path = container.querySelector('.sw-chart-line')?.getAttribute('d');
    expect(path?.match(/M/g)).toHaveLength(2);
    expect(path).toContain('h.01');
  });

  test('[UI8] a bar fills its box, bad cells are full and others are not', () => {
    render(<UptimeBar bar={'u'.repeat(29) + 'd'} />);
    expect(drawn).toHaveLength(30);
    const last = drawn.at(-1)?.box ?? [0, 0, 0, 0];
    expect(last[0] + last[2]).toBe(148);
    expect([last[1], last[3]]).toEqual([0, 20]);
    expect(drawn[0]?.box).toEqual([0, 4, 3, 12]);
  });

  test('[UI8] a bar is drawn again in the colours of another theme', async () => {
    document.documentElement.style.setProperty('--sw-up-quiet', 'red');
    render(<UptimeBar bar="u" cells={1} />);
    expect(drawn[0]?.colour).toBe('red');
    document.documentElement.style.setProperty('--sw-up-quiet', 'lime');
    await vi.waitFor(() => expect(drawn[0]?.colour).toBe('lime'));
  });

  test('[UI9] [T34] a change glows once, a second starts it again, and what it holds stays mounted', () => {
    let mounts = 0;
    function Inner(): ReactNode {
      useState(() => (mounts += 1));
      return <b>held</b>;
    }
    const show = (value: number): ReactNode => (
      <ChangeHighlight value={value}>
        <Inner />
      </ChangeHighlight>
    );
    const view = render(show(1));
    const element = view.container.querySelector('.sw-change');
    expect(element?.hasAttribute('data-changed')).toBe(false);
    view.rerender(show(2));
    expect(element?.getAttribute('data-changed')).toBe('a');
    view.rerender(show(3));
    expect(element?.getAttribute('data-changed')).toBe('b');
    expect(view.container.querySelector('.sw-change')).toBe(element);
    expect(mounts).toBe(1);
  });
});
