import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';

/** The engine without the windows around it: a page costs half of what it does in a whole browser. */
const SHELLS = ['/usr/bin/chromium-headless-shell'];

const BROWSERS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** A real Chromium that talks to nobody but the test. */
export async function launchBrowser({
  isWhole = false,
  bfcache = false,
  compiles = true,
}: {
  /** The browser that people have, for what is measured in it; else its engine alone where that is installed. */
  readonly isWhole?: boolean;
  /** Pages go to the back-forward cache; the driver turns it off otherwise. */
  readonly bfcache?: boolean;
  /** False: code that runs often is not compiled. What is compiled counts as heap, and grows for as long as code gets hot. */
  readonly compiles?: boolean;
} = {}): Promise<Browser> {
  const paths = [process.env['STATEWIRE_CHROMIUM'], ...(isWhole || bfcache ? [] : SHELLS), ...BROWSERS];
  const executablePath = paths.find((path) => path !== undefined && existsSync(path));
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
