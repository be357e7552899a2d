import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

const PATHS = [
  process.env['STATEWIRE_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A real Chromium that talks to nobody but the test. */
export async function launchBrowser({
  bfcache = false,
  compiles = true,
}: {
  /** Pages go to the back-forward cache; the driver turns it off otherwise. */
  readonly bfcache?: boolean;
  /** False: code that runs often is not compiled. What is compiled counts as heap, and grows for as long as code gets hot. */
  readonly compiles?: boolean;
} = {}): Promise<Browser> {
  const executablePath = PATHS.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error('found no Chromium: install one or set STATEWIRE_CHROMIUM');
  return chromium.launch({
    executablePath,
    ...(bfcache ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      ...(compiles ? [] : ['--js-flags=--no-opt --no-maglev --no-sparkplug']),
    ],
  });
}
