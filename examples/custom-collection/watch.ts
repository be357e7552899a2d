/** Prints a line for each change of a deployment, until Ctrl-C. */
import { createClient } from '@statewire/client';
import { deployments } from './collections.ts';

const { STATEWIRE_URL: url = 'http://localhost:4800', STATEWIRE_KEY: token } = process.env;
if (token === undefined) throw new Error('set STATEWIRE_KEY to an API key with the scope read');

const sw = createClient({ url, token, name: 'example-watch' });
const shown = new Map<string, number>();
const watched = sw.collection(deployments).subscribe(({ rows, status, error }) => {
  if (error !== null) console.error(`${error.code}: ${error.message}`);
  if (status !== 'live') return;
  for (const { id, version, service, release, state, percent, startedBy, isStale } of rows) {
    if (shown.get(id) === version) continue;
    shown.set(id, version);
    console.log(
      `${state.padEnd(8)} ${service} ${release} ${percent} % by ${startedBy}${isStale ? ' (not heard of lately)' : ''}`,
    );
  }
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    watched.close();
    sw.close();
  });
}
