/** Watches the services that are not well and prints a line whenever one of them changes its status, until Ctrl-C. */
import { createClient } from '@statewire/client';

const { STATEWIRE_URL: url = 'http://localhost:4800', STATEWIRE_KEY: token } = process.env;
if (token === undefined) throw new Error('set STATEWIRE_KEY to an API key with the scope read');

const sw = createClient({ url, token, name: 'example-quickstart' });
const shown = new Map<string, string>();

const watched = sw.services.where({ status: ['down', 'degraded', 'unknown'] }).subscribe(({ rows, status, error }) => {
  if (error !== null) console.error(`${error.code}: ${error.message}`);
  // While it reads stale or offline the rows are still here, and still the last that was true.
  if (status !== 'live') return;
  for (const { id, status: word, name, reason } of rows) {
    if (shown.get(id) !== word) console.log(`${word.padEnd(9)} ${name}: ${reason.text}`);
    shown.set(id, word);
  }
  for (const id of shown.keys()) {
    if (rows.some((row) => row.id === id)) continue;
    console.log(`well      ${id}`);
    shown.delete(id);
  }
});

process.once('SIGINT', () => {
  watched.close();
  sw.close();
});
