import type { Check } from '@statewire/model';
import type { Budget } from '../../egress/budget.ts';
import type { FactReading } from '../../observation.ts';
import { reading } from '../probe.ts';
import type { Manner } from './rpc.ts';
import type { Wire } from './wire.ts';

/** Calls the read-only tool the operator named. A tool reports its own failure inside a successful answer (`isError`). */
export async function callCanary(
  wire: Wire,
  manner: Manner,
  canary: NonNullable<Check['canary']>,
  budget: Budget,
): Promise<FactReading> {
  const asked = await wire.ask({
    method: 'tools/call',
    params: { name: canary.tool, arguments: canary.args },
    manner,
    budget,
  });
  if (!asked.ok) return reading('fail', asked.code, `The canary call failed: ${asked.message}`);
  const { reply, ms } = asked.value;
  if (reply.is === 'error') return reading('fail', 'rpc_error', `The canary call ends with error ${reply.code}.`, ms);
  if (reply.result['isError'] === true) return reading('fail', 'tool_error', 'The canary tool reports an error.', ms);
  return reading('ok', 'ok', 'The canary tool works.', ms);
}
