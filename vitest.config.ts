import { basename } from 'node:path';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

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

/** Files that take longest begin first, so that at the end none of them runs while nobody else has anything to do. */
const longest = [
  'every-page',
  'accounts',
  'keyboard',
  'fresh-apps',
  'respond',
  'dashboard',
  'editor',
  'demo',
  'customers',
  'service-page',
  'ladder',
  'lists',
  'analytics',
  'windows',
  'mcp-faults',
  'gallery',
  'socket-io',
  'capture',
  // Of the unit tests.
  'simulation',
  'sqlite-store',
  'tabs.simulation',
  'kinds',
  'snippets',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = longest.indexOf(basename(moduleId).replace(/\.test\.tsx?$/u, ''));
      return at < 0 ? longest.length : at;
    };
    return [...(await super.sort(files))].sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          environment: 'node',
          maxWorkers: 2,
          // Files share what they import: bounds, clocks and chance are handed in, and nothing is changed for all. Half of the time.
          isolate: false,
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
          // Real servers and real browsers on two cores: what they wait for is mostly each other, and a third of the time nothing.
          maxWorkers: 3,
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
