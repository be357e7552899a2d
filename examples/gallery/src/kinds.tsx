import {
  AgentStatusControl,
  ChangeHighlight,
  ConnectionCounter,
  ConnectionStatus,
  createToasts,
  HealthDot,
  JobCard,
  LatencyChart,
  MultiProgress,
  NotificationCenter,
  PresenceAvatars,
  ProgressBar,
  RelativeTime,
  Sparkline,
  StatusBadge,
  StatusDot,
  StatusIndicator,
  SystemMessageBanner,
  SystemMessageManager,
  Toaster,
  UptimeBar,
} from '@statewire/react/components';
import { StatewireProvider, StatusPanel } from '@statewire/react';
import { useState, type ReactNode } from 'react';
import { agents, bars, days, messages, people, runs, series } from './data.ts';
import { live, offline, reconnecting, signedOut, withInbox, withPanel } from './live.ts';

interface Kind {
  readonly name: string;
  readonly what: string;
  readonly Show: () => ReactNode;
}

const now = Date.now();
const STATUSES = ['up', 'degraded', 'down', 'maintenance', 'flapping', 'running', 'unknown'] as const;
const RUN_WORDS = ['queued', 'running', 'waiting_input', 'stalled', 'succeeded', 'failed', 'timed_out'] as const;

/** Every component, in the order of the documentation. */
export const kinds: readonly Kind[] = [
  { name: 'StatusBadge', what: 'A status as shape, colour and word.', Show: Badges },
  { name: 'StatusIndicator', what: 'The live status of one record, and since when.', Show: Indicators },
  { name: 'HealthDot', what: 'Shape and latency, for dense places.', Show: Dots },
  { name: 'ConnectionCounter', what: 'How many are connected.', Show: Counters },
  { name: 'ConnectionStatus', what: 'How far the page can be trusted.', Show: Connections },
  { name: 'ProgressBar', what: 'How far something is, one or many.', Show: Bars },
  { name: 'JobCard', what: 'Long work at a glance.', Show: Jobs },
  { name: 'UptimeBar', what: 'The last checks, or days, as cells.', Show: Uptimes },
  { name: 'LatencyChart', what: 'Latency over time, gaps as gaps.', Show: Charts },
  { name: 'Sparkline', what: 'Recent values as a thin line.', Show: Sparks },
  { name: 'ChangeHighlight', what: 'Glows once when its value changes.', Show: Changes },
  { name: 'RelativeTime', what: 'How long ago, by the server’s clock.', Show: Times },
  { name: 'AgentStatusControl', what: 'An agent, and what its state allows.', Show: Agents },
  { name: 'SystemMessageBanner', what: 'What operators say, while it holds.', Show: Messages },
  { name: 'SystemMessageManager', what: 'Messages, for those who write them.', Show: Manager },
  { name: 'NotificationCenter', what: 'One’s own inbox.', Show: Center },
  { name: 'Toaster', what: 'News of the moment, above the page.', Show: Toasts },
  { name: 'PresenceAvatars', what: 'Who is here.', Show: Avatars },
  { name: 'StatusPanel', what: 'What the token of an embed shows, in an app of others.', Show: Panels },
];

function Badges(): ReactNode {
  return (
    <>
      {(['plain', 'soft', 'quiet'] as const).map((variant) => (
        <div key={variant} className="row">
          {STATUSES.map((status) => (
            <StatusBadge key={status} status={status} variant={variant} />
          ))}
        </div>
      ))}
      <div className="row">
        {RUN_WORDS.map((status) => (
          <StatusBadge key={status} status={status} variant="soft" size="small" />
        ))}
      </div>
      <div className="row">
        {(['small', 'medium', 'large'] as const).map((size) => (
          <StatusBadge key={size} status="down" variant="soft" size={size} reason="connection refused" />
        ))}
        {STATUSES.map((status) => (
          <StatusDot key={status} status={status} />
        ))}
      </div>
    </>
  );
}

const indicated = live();
const status = {
  reason: { code: '', text: '' },
  overlay: { maintenance: null, muted: false, acked: false, flapping: false, impactedBy: null },
};
indicated.server.put('services', { ...status, id: 'search', status: 'up', since: now - 3 * 3_600_000, latencyMs: 84 });
indicated.server.put('services', { ...status, id: 'billing', status: 'down', since: now - 192_000, latencyMs: null });
indicated.server.put('connections', {
  ...status,
  id: 'a:search',
  agent: 'a',
  service: 'search',
  status: 'degraded',
  since: now,
  latencyMs: 1_240,
});
indicated.server.put('connections', {
  ...status,
  id: 'b:search',
  agent: 'b',
  service: 'search',
  status: 'up',
  since: now,
  latencyMs: 42,
});
indicated.server.put('connections', {
  ...status,
  id: 'c:search',
  agent: 'c',
  service: 'search',
  status: 'down',
  since: now,
  latencyMs: null,
});

function Indicators(): ReactNode {
  return (
    <StatewireProvider client={indicated.client}>
      <div className="row">
        <StatusIndicator id="search" />
        <StatusIndicator id="billing" variant="soft" />
        <StatusIndicator id="nobody" fallback="pending" />
      </div>
    </StatewireProvider>
  );
}

function Dots(): ReactNode {
  return (
    <StatewireProvider client={indicated.client}>
      <div className="row">
        <HealthDot id="b:search" label="live" />
        <HealthDot id="a:search" label="live" />
        <HealthDot status="up" latencyMs={8.4} />
        <HealthDot status="down" latencyMs={null} />
        <HealthDot status="up" latencyMs={61} isStale />
      </div>
    </StatewireProvider>
  );
}

function Counters(): ReactNode {
  return (
    <StatewireProvider client={indicated.client}>
      <div className="row">
        <ConnectionCounter service="search" />
        <ConnectionCounter count={3} />
        <ConnectionCounter count={0} label="agents" />
        <ConnectionCounter count={null} />
        <ConnectionCounter count={12} isStale />
      </div>
    </StatewireProvider>
  );
}

const linked = [live(), reconnecting(), offline(), signedOut()];

function Connections(): ReactNode {
  return (
    <>
      <div className="row">
        {linked.map(({ client }, i) => (
          <StatewireProvider key={i} client={client}>
            <ConnectionStatus align="start" />
          </StatewireProvider>
        ))}
      </div>
      <StatewireProvider client={linked[0]?.client ?? indicated.client}>
        <div className="row">
          <ConnectionStatus size="small" align="start" />
          <ConnectionStatus size="large" align="start" />
          <ConnectionStatus variant="dot" />
        </div>
      </StatewireProvider>
      {linked.slice(1, 3).map(({ client }, i) => (
        <StatewireProvider key={i} client={client}>
          <ConnectionStatus variant="banner" placement="inline" graceMs={0} />
        </StatewireProvider>
      ))}
    </>
  );
}

function Bars(): ReactNode {
  const of = (
    done: number,
    total: number | null,
    message = '',
  ): { done: number; total: number | null; unit: string; pct: null; message: string } => ({
    done,
    total,
    unit: 'files',
    pct: null,
    message,
  });
  return (
    <>
      <ProgressBar label="Active" progress={of(284, 500)} />
      <ProgressBar label="Without a known end" progress={of(1_204, null)} />
      <ProgressBar label="Went well" tone="up" progress={of(500, 500)} />
      <ProgressBar label="Failed" tone="down" progress={of(310, 500)} />
      <ProgressBar label="Paused" tone="quiet" progress={of(120, 500)} />
      <ProgressBar label="Scan of the shop" variant="full" progress={of(1_284, 1_900, 'GET /products/garden/hoses')} />
      <MultiProgress
        label="All regions"
        items={[
          { id: 'a', label: 'Frankfurt', progress: of(500, 500), tone: 'up' },
          { id: 'b', label: 'Virginia', progress: of(412, 500) },
          { id: 'c', label: 'Singapore', progress: of(96, 500) },
        ]}
      />
    </>
  );
}

function Jobs(): ReactNode {
  return (
    <div className="cards">
      {runs(now).map((job, i) => (
        <JobCard key={job.id} job={job} {...(i === 0 ? { onCancel: () => undefined } : {})} />
      ))}
    </div>
  );
}

function Uptimes(): ReactNode {
  return (
    <>
      <table className="table">
        <tbody>
          {Object.entries(bars).map(([name, bar]) => (
            <tr key={name}>
              <td>{name}</td>
              <td>
                <UptimeBar bar={bar} label={name} />
              </td>
              <td className="wide">
                <Sparkline label={`${name}, latency`} values={series(now, 30).map(({ p50 }) => p50)} />
              </td>
              <td>
                <StatusBadge
                  status={bar.endsWith('d') ? 'down' : 'up'}
                  variant={bar.endsWith('d') ? 'plain' : 'quiet'}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <UptimeBar
        bar={days}
        unit="day"
        label="Search"
        describe={(back) => new Date(now - back * 86_400_000).toISOString().slice(0, 10)}
      />
    </>
  );
}

function Charts(): ReactNode {
  const points = series(now);
  return (
    <>
      <LatencyChart
        label="Search"
        points={points}
        shaded={[
          { from: now - 46 * 60_000, to: now - 38 * 60_000, status: 'degraded' },
          { from: now - 38 * 60_000, to: now - 33 * 60_000, status: 'down' },
        ]}
      />
      <LatencyChart label="Nothing yet" points={[]} height={80} />
    </>
  );
}

function Sparks(): ReactNode {
  const values = series(now, 60).map(({ p50 }) => p50);
  return (
    <div className="row">
      <Sparkline label="latency" values={values} />
      <Sparkline label="with a gap" values={[80, 90, 84, null, null, 120, null, 88, 90, 140, 85]} />
      <Sparkline label="flat" values={Array.from({ length: 20 }, () => 50)} />
      <Sparkline label="wide" values={values} width={200} height={32} />
      <Sparkline label="nothing yet" values={[]} />
    </div>
  );
}

function Changes(): ReactNode {
  const [count, setCount] = useState(41);
  return (
    <div className="row">
      <span>
        Connected agents: <ChangeHighlight value={count} />
      </span>
      <button type="button" className="sw-button" data-size="small" onClick={() => setCount(count + 1)}>
        Change it
      </button>
    </div>
  );
}

function Times(): ReactNode {
  return (
    <StatewireProvider client={indicated.client}>
      <div className="row">
        <RelativeTime at={now - 4_000} />
        <RelativeTime at={now - 12 * 60_000} />
        <RelativeTime at={now + 3 * 3_600_000} />
        <RelativeTime at={now - 192_000} form="long" />
        <RelativeTime at={now - 26 * 3_600_000} form="for" />
        <RelativeTime at={null} />
      </div>
    </StatewireProvider>
  );
}

function Agents(): ReactNode {
  return (
    <div className="cards">
      {agents(now).map((agent) => (
        <AgentStatusControl key={agent.id} agent={agent} onAction={() => undefined} />
      ))}
      <AgentStatusControl
        agent={{
          ...(agents(now)[0] ?? never()),
          id: 'x',
          name: 'mail-agent',
          status: 'down',
          activity: '',
          reason: { code: 'beat', text: 'No sign of life for 3 min' },
        }}
        onAction={() => undefined}
        error="Pausing needs the admin scope; this key has read."
      />
    </div>
  );
}

function Messages(): ReactNode {
  return <SystemMessageBanner messages={messages(now)} />;
}

function Manager(): ReactNode {
  return (
    <SystemMessageManager
      messages={messages(now)}
      onCreate={() => undefined}
      onEnd={() => undefined}
      onPublish={() => undefined}
      onReactivate={() => undefined}
      onDelete={() => undefined}
    />
  );
}

const boxed = withInbox();
const empty = live();

function Center(): ReactNode {
  return (
    <StatewireProvider client={boxed.client}>
      <div className="row">
        <NotificationCenter align="start" />
        <StatewireProvider client={empty.client}>
          <NotificationCenter align="start" />
        </StatewireProvider>
      </div>
      <div className="cards">
        <div className="panel">
          <NotificationCenter variant="panel" />
        </div>
        <div className="panel">
          <StatewireProvider client={empty.client}>
            <NotificationCenter variant="panel" />
          </StatewireProvider>
        </div>
      </div>
    </StatewireProvider>
  );
}

const standing = createToasts();
standing.show({ title: 'Saved', tone: 'up', forMs: null });
standing.show({ title: 'Nightly scan ended', text: '1,900 pages, 4 slow', forMs: null, key: 'scan' });
standing.show({
  title: 'Billing is down',
  text: 'Refused since 10:38; three of three checks agree.',
  priority: 'urgent',
  forMs: null,
  action: { label: 'Open', run: () => undefined },
});
const passing = createToasts();

function Toasts(): ReactNode {
  return (
    <>
      <div className="still">
        <Toaster toasts={standing} tabs="all" label="News, standing still" />
      </div>
      <div className="row">
        <button
          type="button"
          className="sw-button"
          onClick={() => passing.show({ title: 'Something happened', text: 'It stays for six seconds.' })}
        >
          Show one
        </button>
      </div>
      <Toaster toasts={passing} />
    </>
  );
}

function Avatars(): ReactNode {
  return (
    <div className="row">
      <PresenceAvatars people={people} />
      <PresenceAvatars people={people.slice(0, 3)} size="large" />
      <PresenceAvatars people={people} size="small" max={3} />
    </div>
  );
}

const panelled = withPanel();
const unlisted = live();

function Panels(): ReactNode {
  // Each has a client, since there is no server here; in an app it makes its own from the address and the token.
  const { client } = panelled;
  const place = { url: location.origin, token: 'sw_embed_gallery' };
  return (
    <>
      <div className="row">
        <StatusPanel {...place} client={client} panel="badge" />
        <StatusPanel {...place} client={client} panel="connection" />
      </div>
      <div className="cards">
        <StatusPanel {...place} client={client} />
        <StatusPanel {...place} client={client} limit={2} label="Payments and search" />
        <StatusPanel {...place} client={unlisted.client} />
      </div>
      <StatusPanel {...place} client={client} panel="progress" collection="jobs" />
    </>
  );
}

function never(): never {
  throw new Error('the gallery has agents');
}
