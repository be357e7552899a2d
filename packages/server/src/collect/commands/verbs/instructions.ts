import { instructionAnswerSchema, type InstructionAnswer } from '@statewire/model';
import { ok } from '@statewire/protocol';
import { moveIn } from '../../instructions/instruct.ts';
import type { Args, Verb } from '../verb.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the schema is of a strict object.
const answerArgs = instructionAnswerSchema as unknown as Verb['args'];

/** What an agent says to its instructions. Whose they are is asked before (`access.told`). */
export const instructionVerbs: readonly Verb[] = [
  {
    name: 'answer',
    on: ['instructions'],
    action: 'report',
    summary: 'The agent heard it (`received`), did it (`done`), or will not (`refused`)',
    args: answerArgs,
    run: (deps, draft, { id, args }) => {
      const { state, answer = '' } = readAnswer(args);
      const moved = moveIn(deps, draft, id, { to: state, answer, at: draft.now });
      return moved.ok ? ok({ id, state: moved.value.state }) : moved;
    },
  },
];

function readAnswer(args: Args): InstructionAnswer {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: the schema of this command has read them.
  return args as unknown as InstructionAnswer;
}
