import type { RuleCondition } from '@statewire/model';
import { unreachable } from '@statewire/protocol';
import { isAnomalous } from './conditions/anomaly.ts';
import { certificateEnds } from './conditions/certificate.ts';
import { errorsAbove } from './conditions/errors.ts';
import { isFlapping } from './conditions/flapping.ts';
import { freshnessIs } from './conditions/freshness.ts';
import { latencyAbove } from './conditions/latency.ts';
import { metricMoved } from './conditions/metric.ts';
import { reconnectsOften } from './conditions/reconnects.ts';
import { runIs } from './conditions/run.ts';
import { statusIs } from './conditions/status.ts';
import { toolsDrifted } from './conditions/tools.ts';
import { trendReaches } from './conditions/trend.ts';
import type { Asked, Finding } from './finding.ts';

/** What a condition says of a record now. */
export function evaluate(when: RuleCondition, asked: Asked): Finding {
  switch (when.kind) {
    case 'status':
      return statusIs(when, asked);
    case 'freshness':
      return freshnessIs(when, asked);
    case 'latency':
      return latencyAbove(when, asked);
    case 'errors':
      return errorsAbove(when, asked);
    case 'run':
      return runIs(when, asked);
    case 'tools':
      return toolsDrifted(asked);
    case 'certificate':
      return certificateEnds(when, asked);
    case 'flapping':
      return isFlapping(asked);
    case 'reconnects':
      return reconnectsOften(when, asked);
    case 'metric':
      return metricMoved(when, asked);
    case 'trend':
      return trendReaches(when, asked);
    case 'anomaly':
      return isAnomalous(when, asked);
    default:
      return unreachable(when);
  }
}

/** What a condition needs beside the record, and whether time alone can change its answer. */
export interface Needs {
  /** Fields of the record whose change can change the answer. */
  readonly fields: readonly string[];
  readonly measures: 'nothing' | 'samples' | 'points' | 'reconnects';
  /** How far back. */
  readonly overMs: number;
  readonly isTimed: boolean;
}

/** What has to be looked at, and when, to answer a condition. */
export function needsOf(when: RuleCondition): Needs {
  switch (when.kind) {
    case 'status':
    case 'flapping':
      return { fields: ['status', 'health', 'overlay'], measures: 'nothing', overMs: 0, isTimed: false };
    case 'freshness':
      return { fields: ['fresh', 'desired', 'overlay'], measures: 'nothing', overMs: 0, isTimed: false };
    case 'tools':
      return { fields: ['mcp', 'overlay'], measures: 'nothing', overMs: 0, isTimed: false };
    case 'certificate':
      return { fields: ['certificate', 'overlay'], measures: 'nothing', overMs: 0, isTimed: true };
    case 'run':
      return { fields: ['state', 'attempt'], measures: 'nothing', overMs: 0, isTimed: true };
    case 'reconnects':
      return { fields: ['overlay'], measures: 'reconnects', overMs: when.overMs, isTimed: true };
    case 'latency':
    case 'errors':
      return { fields: ['overlay'], measures: 'samples', overMs: when.overMs, isTimed: true };
    case 'metric':
      return { fields: [], measures: 'points', overMs: when.overMs, isTimed: true };
    case 'trend':
      return {
        fields: ['overlay'],
        measures: when.of === 'latency' ? 'samples' : 'points',
        overMs: 7_200_000,
        isTimed: true,
      };
    case 'anomaly':
      return { fields: ['overlay'], measures: 'samples', overMs: 172_800_000, isTimed: true };
    default:
      return unreachable(when);
  }
}

/** The record of `metrics` a condition is about, or null when it is about the selected records. */
export function metricOf(when: RuleCondition): { readonly subject: string; readonly name: string } | null {
  if (when.kind === 'metric') return { subject: when.subject, name: when.name };
  if (when.kind !== 'trend' || when.of !== 'metric' || when.subject === null || when.name === null) return null;
  return { subject: when.subject, name: when.name };
}
