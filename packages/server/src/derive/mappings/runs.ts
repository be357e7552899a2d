import type { RunState } from '@statewire/model';
import type { MappingDocument, Normal, Rule } from '../mapping.ts';

/**
 * One vocabulary of runs as a table: their words -> our state, with a reason where ours says less than theirs.
 * A word nobody knows means only that the run is alive: it never ends a run.
 */
function runWords(
  id: string,
  source: string,
  table: readonly (readonly [string, RunState, Partial<Normal>?])[],
): MappingDocument {
  const match: Rule[] = table.map(([words, state, more]) => ({
    when: { code: words.split(' ') },
    set: { state, ...more },
  }));
  // Every word of the table is its own vector: what the table says is what the engine must answer.
  const vectors = table.flatMap(([words, state, more]) =>
    words.split(' ').map((code) => ({ in: { code }, out: { state, ...more } })),
  );
  return {
    id,
    version: 1,
    collection: '*',
    source,
    match,
    default: {},
    present: { user: USER_WORDS },
    vectors: [...vectors, { in: { code: 'a-word-of-next-year' }, out: {} }],
  };
}

const USER_WORDS: Readonly<Record<RunState, string>> = {
  queued: 'queued',
  delayed: 'queued',
  running: 'running',
  waiting_input: 'waiting',
  waiting_dependency: 'waiting',
  paused: 'waiting',
  succeeded: 'done',
  failed: 'failed',
  canceled: 'canceled',
  timed_out: 'failed',
  lost: 'failed',
};

const because = (code: string, text: string): Partial<Normal> => ({ reason: { code, text } });

/** The run vocabularies we know, one document each. */
export const runMappings: readonly MappingDocument[] = [
  runWords('mcp-tasks', 'MCP tasks', [
    ['working', 'running'],
    ['input_required', 'waiting_input'],
    ['completed', 'succeeded'],
    ['failed', 'failed'],
    ['cancelled', 'canceled'],
  ]),
  runWords('a2a', 'A2A task states', [
    ['submitted task_state_submitted', 'queued'],
    ['working task_state_working', 'running'],
    ['input_required task_state_input_required', 'waiting_input'],
    ['auth_required task_state_auth_required', 'waiting_input', because('auth_required', 'Someone has to sign in.')],
    ['completed task_state_completed', 'succeeded'],
    ['failed task_state_failed', 'failed'],
    ['canceled task_state_canceled', 'canceled'],
    ['rejected task_state_rejected', 'failed', because('rejected', 'The agent refused the task.')],
  ]),
  runWords('ag-ui', 'AG-UI events', [
    ['run_started', 'running'],
    ['run_finished', 'succeeded'],
    ['interrupt', 'waiting_input'],
    ['run_error', 'failed'],
  ]),
  runWords('langgraph', 'LangGraph runs', [
    ['pending', 'queued'],
    ['running', 'running'],
    ['success', 'succeeded'],
    ['error', 'failed'],
    ['timeout', 'timed_out'],
    ['interrupted', 'waiting_input'],
  ]),
  runWords('openai', 'OpenAI runs and responses', [
    ['queued', 'queued'],
    ['in_progress', 'running'],
    ['requires_action', 'waiting_input'],
    ['cancelling', 'running', { cancelRequested: true }],
    ['cancelled', 'canceled'],
    ['failed', 'failed'],
    ['completed', 'succeeded'],
    ['incomplete', 'failed', because('incomplete', 'The answer was cut short.')],
    ['expired', 'timed_out'],
  ]),
  runWords('temporal', 'Temporal workflows', [
    ['running', 'running'],
    ['paused', 'paused'],
    ['completed', 'succeeded'],
    ['failed', 'failed'],
    ['canceled cancelled', 'canceled'],
    ['terminated', 'canceled', because('terminated', 'Terminated from outside.')],
    ['timed_out', 'timed_out'],
    // The same job goes on under a new run: the reporter sends the next attempt.
    ['continued_as_new', 'running', because('continued_as_new', 'Continued as a new run.')],
  ]),
  runWords('bullmq', 'BullMQ jobs', [
    ['waiting wait prioritized', 'queued'],
    ['delayed', 'delayed'],
    ['active', 'running'],
    ['waiting_children', 'waiting_dependency'],
    ['completed', 'succeeded'],
    ['failed', 'failed'],
    ['stalled', 'lost', because('stalled', 'The worker lost its lock.')],
  ]),
  runWords('trigger-dev', 'Trigger.dev runs', [
    ['pending_version queued dequeued', 'queued'],
    ['delayed', 'delayed'],
    ['executing', 'running'],
    ['waiting', 'waiting_dependency'],
    ['completed', 'succeeded'],
    ['canceled', 'canceled'],
    ['failed', 'failed'],
    ['crashed system_failure', 'lost', because('crashed', 'The worker crashed.')],
    ['expired timed_out', 'timed_out'],
  ]),
  runWords('n8n', 'n8n executions', [
    ['new', 'queued'],
    ['running', 'running'],
    // Waits for a time or a webhook: nobody renews a lease meanwhile.
    ['waiting', 'paused'],
    ['success', 'succeeded'],
    ['error', 'failed'],
    ['crashed', 'lost', because('crashed', 'The worker crashed.')],
    ['canceled', 'canceled'],
  ]),
];
