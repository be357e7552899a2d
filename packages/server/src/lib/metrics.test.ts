import { expect, test } from 'vitest';
import { createMetrics } from './metrics.ts';

test('what is counted can be read, by short fixed labels', async () => {
  const metrics = createMetrics({ connections: () => 7 });
  metrics.commit({ ms: 3, transactions: 12, changes: 20, ok: true });
  metrics.commit({ ms: 3, transactions: 12, changes: 20, ok: false });
  metrics.frames('out', 2, 300);
  metrics.probe('mcp', 'healthy', 12);
  metrics.connectionClosed(4408);
  metrics.request(404, 2);
  metrics.uncaught();
  const { contentType, text } = await metrics.read();
  expect(contentType).toContain('text/plain');
  for (const line of [
    'statewire_connections 7',
    'statewire_commits_total{result="ok"} 1',
    'statewire_commits_total{result="failed"} 1',
    'statewire_changes_total 20',
    'statewire_commit_batch_transactions_sum 24',
    'statewire_frame_bytes_total{direction="out"} 300',
    'statewire_probes_total{kind="mcp",verdict="healthy"} 1',
    'statewire_connections_closed_total{code="4408"} 1',
    'statewire_requests_total{status="4xx"} 1',
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
