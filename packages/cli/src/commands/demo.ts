import type { Command } from '../command.ts';
import { serveWith } from './serve.ts';

/** `statewire demo`: the server with the demo fleet, also where it was removed. */
export const demo: Command = {
  name: 'demo',
  usage: 'statewire demo',
  summary: 'Run the server with the demo fleet.',
  options: {},
  run: (terminal) => serveWith(terminal, true),
};
