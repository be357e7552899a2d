/** An agent for as long as this program runs: it is present, does one small run, and reports each step of it. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@statewire/client';
import type { StepInput } from '@statewire/model';

const { STATEWIRE_URL: url = 'http://localhost:4800', STATEWIRE_KEY: token } = process.env;
if (token === undefined) throw new Error('set STATEWIRE_KEY to an API key with the scope report');
const [folder = import.meta.dirname] = process.argv.slice(2);

const sw = createClient({ url, token, name: 'example-agent-report' });
const agent = sw.agents.present({ id: 'file-hasher', name: 'File hasher', platform: 'node', release: '1.0.0' });

const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
const run = await sw.executions.start({
  agent: agent.id,
  title: `Hash ${files.length} files`,
  total: files.length,
  unit: 'files',
});
await agent.report({ phase: 'running', activity: 'Hashing files', currentExecution: run.id });

const steps: StepInput[] = [];
try {
  for (const [index, { name }] of files.entries()) {
    const startedAt = Date.now();
    run.stage(name);
    const sum = createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
    steps.push({ id: name, title: `${name}: ${sum.slice(0, 12)}`, state: 'succeeded', startedAt, endedAt: Date.now() });
    // Reports are merged to ten a second, the newest winning: so each says all of the last steps.
    run.report({ steps: steps.slice(-50) });
    run.progress(index + 1, `hashed ${name}`);
  }
  report(await run.succeed(`${files.length} files hashed`));
} catch (error) {
  // Whoever watches sees why it ended; this program still fails.
  report(await run.fail(error));
  throw error;
} finally {
  await agent.report({ currentExecution: null });
  await agent.leave();
  sw.close();
}

/** Prints how the server took the last report. */
function report(result: Awaited<ReturnType<typeof run.succeed>>): void {
  console.log(result.ok ? `run ${run.id} is reported` : `${result.code}: ${result.message}`);
}
