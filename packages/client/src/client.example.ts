/** The snippets of docs/guides/client.md, so that they compile. */
import { createClient, type Client } from './index.ts';

export function connect(fetchToken: () => Promise<string>): Client {
  return createClient({ url: 'https://status.example.org', token: () => fetchToken() });
}

export function watch(sw: Client, render: (...shown: unknown[]) => void): void {
  const bad = sw.services.where({ status: ['down', 'degraded'] }).subscribe((view) => {
    render(
      view.freshness.state,
      view.rows.map((service) => `${service.name}: ${service.reason.text}`),
    );
  });
  bad.close();
  sw.jobs
    .where({ state: 'running', 'labels.team': 'search' })
    .every(1000)
    .subscribe(({ rows }) => render(rows.length));
}

export function watchOne(sw: Client, id: string, render: (...shown: unknown[]) => void): () => void {
  const view = sw.services.record(id);
  return view.subscribe(() => render(view.row?.status, view.freshness.verifiedAt));
}

export async function command(sw: Client, id: string, render: (...shown: unknown[]) => void): Promise<void> {
  const result = await sw.services.patch(id, { name: 'Search' }, { base: 41, optimistic: true });
  if (!result.ok && result.conflict !== null) render('changed meanwhile:', result.conflict.theirs);
  await sw.services.call(id, 'refresh');
}

export async function report(sw: Client): Promise<void> {
  const run = await sw.executions.start({ agent: 'agent-7', title: 'Nightly scan', total: 500, unit: 'files' });
  run.progress(30, 'fetching');
  run.wait('input', 'Which branch?');
  run.resume();
  await run.succeed();

  const agent = sw.agents.present({ id: 'agent-7', name: 'Scanner', platform: 'linux' });
  await agent.report({ phase: 'running', activity: 'Nightly scan' });
  await sw.connections.observe({ agent: 'agent-7', service: 'search' }, { health: 'healthy', calls: 12 });
}
