import { apiOptions, endpoint, fetchText, problem } from '../api.ts';
import { UsageError, type Command } from '../command.ts';

/** `statewire export > statewire.yaml` */
export const exportFile: Command = {
  name: 'export',
  usage: 'statewire export > statewire.yaml',
  summary: 'Write the whole configuration of the organization as YAML, without secrets.',
  options: apiOptions,
  async run(terminal, args) {
    if (args.positionals.length > 0)
      throw new UsageError(
        `found ${JSON.stringify(args.positionals[0])}, expected nothing: the file goes to standard output`,
      );
    const answer = await fetchText(endpoint(terminal, args), '/v1/export/config.yaml');
    if (!answer.ok) terminal.err(problem(answer));
    else terminal.out(String(answer.body).trimEnd());
    return answer.ok ? 0 : 1;
  },
};
