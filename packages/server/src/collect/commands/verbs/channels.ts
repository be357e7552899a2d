import type { Verb } from '../verb.ts';
import { none } from './none.ts';

/** What channels have beside what every record has. */
export const channelVerbs: readonly Verb[] = [
  {
    name: 'test',
    on: ['channels'],
    action: 'write',
    summary: 'Sends a real notice through the channel now and answers with what came of it',
    args: none,
    isQuestion: true,
    run: 'outside',
  },
];
