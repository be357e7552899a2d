import { apiOptions, call, endpoint, problem } from '../api.ts';
import { text, UsageError, type Command } from '../command.ts';

/** `statewire beat nightly-backup --status fail --text "disk full"` */
export const beat: Command = {
  name: 'beat',
  usage: 'statewire beat <slug> [--status ok|fail|start] [--ms N] [--text TEXT]',
  summary: 'Send one heartbeat.',
  options: { ...apiOptions, status: { type: 'string' }, ms: { type: 'string' }, text: { type: 'string' } },
  async run(terminal, args) {
    const [slug] = args.positionals;
    if (slug === undefined) throw new UsageError('found no slug, expected the id of a heartbeat service');
    const query = new URLSearchParams();
    for (const name of ['status', 'ms'] as const) {
      const value = text(args, name);
      if (value !== undefined) query.set(name, value);
    }
    const note = text(args, 'text');
    const path = `/v1/heartbeats/${encodeURIComponent(slug)}${query.size > 0 ? `?${query.toString()}` : ''}`;
    const answer = await call(endpoint(terminal, args), {
      method: 'POST',
      path,
      ...(note === undefined ? {} : { body: { text: note } }),
    });
    if (!answer.ok) terminal.err(problem(answer));
    else terminal.out(JSON.stringify(answer.body));
    return answer.ok ? 0 : 1;
  },
};
