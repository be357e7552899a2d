/** `npm start` as a service manager or a person ends it: by a signal to npm itself, whose shell does not hand it on. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../packages/server/src/testing/free-port.ts';
import { until } from './harness/until.ts';

// That npm was killed outright can be seen through /proc only.
const signals: readonly NodeJS.Signals[] = process.platform === 'linux' ? ['SIGTERM', 'SIGKILL'] : ['SIGTERM'];

test.each(signals)('%s to npm start ends the server, and the next start gets its port and data', async (signal) => {
  const data = mkdtempSync(join(tmpdir(), 'statewire-start-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const port = await freePort();
  const isUp = async (): Promise<boolean> =>
    (await fetch(`http://127.0.0.1:${port}/health`).catch(() => null))?.ok === true;

  const first = npmStart({ STATEWIRE_PORT: `${port}`, STATEWIRE_DATA: data });
  await until('the server to be healthy', isUp, 120_000);
  first.kill(signal);
  await until('the server to be gone', async () => !(await isUp()), 10_000);

  // The port is closed first and the data given back last: a start in between is refused, and may be repeated.
  let second = npmStart({ STATEWIRE_PORT: `${port}`, STATEWIRE_DATA: data });
  await until('the next server to be healthy', async () => {
    if (second.exitCode !== null) second = npmStart({ STATEWIRE_PORT: `${port}`, STATEWIRE_DATA: data });
    return isUp();
  });
  expect(second.exitCode).toBeNull();
});

/** Runs `npm start` in a process group of its own, so that nothing is left behind, whatever the test finds. */
function npmStart(settings: Readonly<Record<string, string>>): ChildProcess {
  const npm = spawn('npm', ['start'], {
    detached: true,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: settings['STATEWIRE_DATA'] ?? '',
      STATEWIRE_DEMO: '0',
      ...settings,
    },
  });
  onTestFinished(() => {
    try {
      if (npm.pid !== undefined) process.kill(-npm.pid, 'SIGKILL');
    } catch {
      // The whole group is gone, as it should be.
    }
  });
  return npm;
}
