import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('what is counted can be read, by short fixed labels', async () => {
  const metrics = createMetrics({ connections: () => 7, subscriptions: () => 9, framesSent: () => 40 });
  metrics.commit({ ms: 3, transactions: 12, changes: 20, ok: true });
  metrics.commit({ ms: 3, transactions: 12, changes: 20, ok: false });
  metrics.probe('mcp', 'healthy', 12);
  metrics.request({ method: 'GET', route: '/v1/services/{id}', status: 404, ms: 2 });
  metrics.uncaught();
  const { contentType, text } = await metrics.read();
  expect(contentType).toContain('text/plain');
  for (const line of [
    'statewire_connections 7',
    'statewire_subscriptions 9',
    'statewire_frames_sent 40',
    'statewire_commits_total{result="ok"} 1',
    'statewire_commits_total{result="failed"} 1',
    'statewire_changes_total 20',
    'statewire_commit_batch_transactions_sum 24',
    'statewire_probes_total{kind="mcp",verdict="healthy"} 1',
    'statewire_probe_ms_sum{kind="mcp"} 12',
    'statewire_http_requests_total{method="GET",route="/v1/services/{id}",status="404"} 1',
    'statewire_uncaught_total 1',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
});

test('two servers in one process do not count into each other', async () => {
  const one = createMetrics();
  const two = createMetrics();
  one.uncaught();
  expect((await two.read()).text).toContain('statewire_uncaught_total 0');
});
