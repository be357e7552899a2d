import type { Agent, Connection, Service, UptimeWindows } from '@statewire/model';
import type { JsonObject } from '@statewire/protocol';
import { authorize, can } from '../../publish/access.ts';
import type { HttpDeps } from './deps.ts';
import { CONTENT_TYPES, expose, formatOf, type Family, type Sample } from './exposition.ts';
import { must, route, type Route } from './router.ts';

const COLLECTIONS = ['services', 'agents', 'connections'] as const;
const WINDOWS = { h24: '24h', d7: '7d', d30: '30d', d90: '90d' } as const;
const SEVERITIES = ['critical', 'warning', 'info'];
const ALERT_STATES = ['pending', 'firing', 'acknowledged', 'suppressed'];

/** Every status and uptime of the caller's organization for Prometheus. `/metrics` is about the process instead. */
export function prometheusRoutes({ live, limits }: HttpDeps): readonly Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/prometheus',
      access: 'services:read',
      tag: 'overview',
      summary: 'Statuses, uptimes, latencies and alerts of the organization in the text format of Prometheus',
      answers: {
        200: { description: 'Prometheus text, or OpenMetrics when Accept asks for it', type: 'text/plain' },
      },
      handle: ({ principal, context }) => {
        const families = new Families();
        let left = limits.exportedRecordsMax;
        for (const collection of COLLECTIONS) {
          must(authorize(principal, 'read', collection));
          for (const { row } of live.entries(principal.org, collection)) {
            left -= 1;
            if (left < 0) break;
            // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: rows of these collections are these.
            families.add(collection, row as Agent | Connection | Service);
          }
        }
        if (can(principal, 'alerts:read')) families.alerts(live.entries(principal.org, 'alerts'));
        const format = formatOf(context.req.header('accept'));
        const text = expose(families.all(Math.max(0, -left)), format);
        return new Response(text, { headers: { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store' } });
      },
    }),
  ];
}

class Families {
  readonly #status: Sample[] = [];
  readonly #up: Sample[] = [];
  readonly #uptime: Sample[] = [];
  readonly #coverage: Sample[] = [];
  readonly #latency: Sample[] = [];
  readonly #certificate: Sample[] = [];
  /** Empty for who may not read alerts: none is not the same as not said. */
  #alerts: ReadonlyMap<string, number> = new Map();

  add(collection: string, row: Agent | Connection | Service): void {
    const { id, status, latencyMs, uptime } = row;
    const labels = { collection, id, name: nameOf(row), kind: textOf(row['kind']), group: textOf(row['group']) };
    this.#status.push({ labels: { ...labels, status }, value: 1 });
    // Of what is not measured, or held by a maintenance, it would be a guess in either direction.
    if (status === 'up' || status === 'degraded' || status === 'down')
      this.#up.push({ labels, value: status === 'down' ? 0 : 1 });
    if (uptime !== null) this.#addUptime(labels, uptime);
    if (latencyMs !== null) this.#latency.push({ labels, value: latencyMs });
    if ('certificate' in row && typeof row.certificate === 'object' && row.certificate !== null) {
      const days = Reflect.get(row.certificate, 'daysLeft');
      if (typeof days === 'number') this.#certificate.push({ labels, value: days });
    }
  }

  /** Resolved ones are history: their number would only grow. */
  alerts(entries: Iterable<{ readonly row: JsonObject }>): void {
    const counts = new Map<string, number>(
      SEVERITIES.flatMap((severity) => ALERT_STATES.map((state) => [`${severity} ${state}`, 0] as const)),
    );
    for (const { row } of entries) {
      const key = `${textOf(row['severity'])} ${textOf(row['state'])}`;
      const known = counts.get(key);
      if (known !== undefined) counts.set(key, known + 1);
    }
    this.#alerts = counts;
  }

  all(leftOut: number): readonly Family[] {
    const alerts = Array.from(this.#alerts, ([key, value]) => {
      const [severity = '', state = ''] = key.split(' ');
      return { labels: { severity, state }, value };
    });
    return [
      {
        name: 'statewire_status',
        help: 'The status a record has now, as the label status; always 1.',
        samples: this.#status,
      },
      {
        name: 'statewire_up',
        help: '1 when up or degraded, 0 when down; absent when paused, pending, unknown or under maintenance.',
        samples: this.#up,
      },
      {
        name: 'statewire_uptime_ratio',
        help: 'Share of measured time in which the record was up or degraded; absent without data.',
        samples: this.#uptime,
      },
      {
        name: 'statewire_uptime_coverage_ratio',
        help: 'Share of the window that was measured.',
        samples: this.#coverage,
      },
      { name: 'statewire_latency_ms', help: 'Milliseconds of the newest measured answer.', samples: this.#latency },
      { name: 'statewire_certificate_days', help: 'Days until the certificate expires.', samples: this.#certificate },
      { name: 'statewire_alerts', help: 'Alerts that are not resolved.', samples: alerts },
      {
        name: 'statewire_records_left_out',
        help: 'Whether records were left out because there are more than one scrape may hold.',
        samples: [{ labels: {}, value: leftOut > 0 ? 1 : 0 }],
      },
    ];
  }

  #addUptime(labels: Readonly<Record<string, string>>, uptime: UptimeWindows): void {
    for (const [key, window] of Object.entries(WINDOWS)) {
      const value = uptime[key];
      if (value === undefined) continue;
      // Percent has three decimals; dividing must not make 0.9999899999 of them.
      if (value.pct !== null)
        this.#uptime.push({ labels: { ...labels, window }, value: Number((value.pct / 100).toFixed(5)) });
      this.#coverage.push({ labels: { ...labels, window }, value: value.coverage });
    }
  }
}

function nameOf(row: Agent | Connection | Service): string {
  const name = textOf(row['name']);
  if (name !== '') return name;
  const agent = textOf(row['agent']);
  return agent === '' ? row.id : `${agent} to ${textOf(row['service'])}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
