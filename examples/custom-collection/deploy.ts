/** Rolls out a release in steps and reports each: `npm run deploy -- shop 1.4.2`. */
import { createClient } from '@statewire/client';
import { deployments } from './collections.ts';

const { STATEWIRE_URL: url = 'http://localhost:4800', STATEWIRE_KEY: token } = process.env;
if (token === undefined) throw new Error('set STATEWIRE_KEY to an API key with the scope report');
const [service = 'shop', release = '1.0.0', stepMs = '500'] = process.argv.slice(2);

const sw = createClient({ url, token, name: 'example-deploy' });
const own = sw.collection(deployments);
const id = `${service}-${release}`;

for (const percent of [0, 25, 50, 75, 100]) {
  // A report makes the record the first time, and changes it from then on.
  const told = await own.report(id, { service, release, percent, state: percent === 100 ? 'done' : 'running' });
  if (!told.ok) throw new Error(`${told.code}: ${told.message}`);
  if (percent < 100) await new Promise((resolve) => setTimeout(resolve, Number(stepMs)));
}
const late = await own.call(id, 'fail', { note: 'too late' });
console.log(late.ok ? 'failed' : `done; a late failure is refused: ${late.message}`);
sw.close();
