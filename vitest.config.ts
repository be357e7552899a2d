import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['source', 'import', 'default'] };
const ssr = {
  resolve: { conditions: ['source', 'node', 'import', 'default'], externalConditions: ['source', 'node'] },
};

/** End-to-end tests that judge how long something took or what memory it held: nothing may run beside them. */
const alone = [
  'budgets',
  'clock-steps',
  'corridor',
  'customers-scroll',
  'cut',
  'hostile',
  'many-services',
  'messages',
  'onboarding',
  'own-downtime',
  'own-fault',
  'own-pause',
  'paint',
  'rows',
  'slow-readers',
  'soak',
].map((name) => `e2e/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          environment: 'node',
          maxWorkers: 2,
          include: ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: 'dom',
          environment: 'jsdom',
          maxWorkers: 2,
          include: ['packages/*/src/**/*.test.tsx'],
          testTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['e2e/**/*.test.ts'],
          exclude: alone,
          // Ships its sources under our own condition; what is inlined is compiled like ours.
          server: {
            deps: {
              inline: [
                '@modelcontextprotocol/client',
                /@ai-sdk/,
                /node_modules\/ai\//,
                'eventsource',
                'eventsource-parser',
              ],
            },
          },
          // Real servers and real browsers on two cores: what they wait for is mostly each other.
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'alone',
          environment: 'node',
          include: alone,
          fileParallelism: false,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
