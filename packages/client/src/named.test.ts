import { collections } from '@statewire/model';
import { expect, test } from 'vitest';
import { createClient } from './create.ts';
import { FakeEnv } from './testing/fake-env.ts';
import { FakeServer } from './testing/fake-server.ts';

test('every collection of the model is there by its name', () => {
  const env = new FakeEnv();
  const server = new FakeServer({ now: () => env.now() });
  const client = createClient({ url: 'http://fake.test', env, dial: server.dial });
  for (const name of Object.keys(collections)) expect(client, name).toHaveProperty(`${name}.name`, name);
  client.close();
});
