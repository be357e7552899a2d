import { apiOptions, call, endpoint, problem } from '../api.ts';
import { UsageError, type Command } from '../command.ts';

/** `statewire report agents/agent-7 phase=running activity="Reading mail"` */
export const report: Command = {
  name: 'report',
  usage: 'statewire report <collection>/<id> field=value ...',
  summary: 'Report an agent, connection, execution or job.',
  options: apiOptions,
  async run(terminal, args) {
    const [subject = '', ...pairs] = args.positionals;
    const [collection, id] = subject.split('/', 2);
    if (!collection || !id)
      throw new UsageError(`found "${subject}", expected <collection>/<id>, for example jobs/scan-1`);
    const fields = Object.fromEntries(pairs.map(pair));
    const answer = await call(endpoint(terminal, args), {
      method: 'POST',
      path: '/v1/reports',
      body: { ...fields, collection, id },
    });
    if (!answer.ok) {
      terminal.err(problem(answer));
      return 1;
    }
    terminal.out(JSON.stringify(answer.body));
    return 0;
  },
};

/** `done=30` is a number, `title=Scan` a text, `labels={"env":"prod"}` JSON: what parses as JSON is JSON. */
function pair(text: string): readonly [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`found "${text}", expected field=value`);
  const raw = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(raw)];
  } catch (error) {
    if (error instanceof SyntaxError) return [text.slice(0, at), raw];
    throw error;
  }
}
