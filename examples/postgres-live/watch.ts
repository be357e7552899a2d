/** Shows the open tickets, and whether the agents are well, as their rows change. */
import { createClient } from '@statewire/client';

const { STATEWIRE_URL: url = 'http://localhost:4800', STATEWIRE_KEY: token = '' } = process.env;
const client = createClient({ url, token });

client.collection('tickets').subscribe(({ rows }) => {
  const open = rows.filter((row) => row['state'] === 'open');
  console.log(`${open.length} open`, JSON.stringify(open.map((row) => row['title'])));
});
client.agents.subscribe(({ rows }) => {
  console.log(rows.map(({ id, status }) => `${id} is ${status}`).join(', '));
});
