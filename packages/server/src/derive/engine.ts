import type { RunRow, StatusRow } from '@statewire/model';
import type { Row } from '@statewire/protocol';
import { alertEngine, type AlertEngine } from './alerts/spoken.ts';
import { bornAgent, bornConnection, bornExecution, bornJob, bornService } from './born.ts';
import { nextDeadline } from './freshness.ts';
import { bornIncident, impactOfAll, inStep, said } from './incident.ts';
import type { Mappings } from './mapping.ts';
import { askedAfter, bornInstruction, isOpen, moveInstruction } from './instruction.ts';
import { begin, advance, cancel, complete, extend, reschedule } from './maintenance.ts';
import { drafted, edit, publish, reactivate, withdraw, type Messages } from './message.ts';
import { shippedMappings } from './mappings/shipped.ts';
import { stepMetric } from './metric.ts';
import { rulesOf } from './rules.ts';
import { awakeRun, isTerminal, lapseRun, nextRunDeadline, stepRun } from './run.ts';
import { step } from './step.ts';
import { readSchedule } from './window.ts';

/**
 * The engine as the collecting stage gets it handed: collect/ comes before derive/ and imports nothing of it. All
 * functions are pure.
 */
export interface Engine {
  readonly step: typeof step;
  readonly stepRun: typeof stepRun;
  readonly stepMetric: typeof stepMetric;
  readonly lapseRun: typeof lapseRun;
  readonly awakeRun: typeof awakeRun;
  readonly isTerminal: typeof isTerminal;
  readonly rulesOf: typeof rulesOf;
  readonly bornService: typeof bornService;
  readonly bornAgent: typeof bornAgent;
  readonly bornConnection: typeof bornConnection;
  readonly bornExecution: typeof bornExecution;
  readonly bornJob: typeof bornJob;
  readonly deadlineOf: typeof deadlineOf;
  /** The life of maintenances. */
  readonly courses: Courses;
  /** The life of messages. */
  readonly messages: Messages;
  readonly mappings: Mappings;
  readonly alerts: AlertEngine;
  /** What becomes of incidents (incident.ts). */
  readonly incidents: {
    readonly born: typeof bornIncident;
    readonly said: typeof said;
    readonly inStep: typeof inStep;
    readonly impactOfAll: typeof impactOfAll;
  };
  /** The life of instructions (instruction.ts). */
  readonly instructions: InstructionEngine;
}

/** What becomes of what agents are told. */
export interface InstructionEngine {
  readonly born: typeof bornInstruction;
  readonly move: typeof moveInstruction;
  readonly isOpen: typeof isOpen;
  readonly askedAfter: typeof askedAfter;
}

/** What becomes of maintenances. */
export interface Courses {
  readonly readSchedule: typeof readSchedule;
  readonly begin: typeof begin;
  readonly advance: typeof advance;
  readonly complete: typeof complete;
  readonly cancel: typeof cancel;
  readonly extend: typeof extend;
  readonly reschedule: typeof reschedule;
}

const courses: Courses = { readSchedule, begin, advance, complete, cancel, extend, reschedule };

/** The engine with the mappings that come with the product. */
export const engine: Engine = {
  step,
  stepMetric,
  stepRun,
  lapseRun,
  awakeRun,
  isTerminal,
  rulesOf,
  bornService,
  bornAgent,
  bornConnection,
  bornExecution,
  bornJob,
  deadlineOf,
  courses,
  messages: { drafted, edit, publish, reactivate, withdraw },
  mappings: shippedMappings,
  alerts: alertEngine,
  incidents: { born: bornIncident, said, inStep, impactOfAll },
  instructions: { born: bornInstruction, move: moveInstruction, isOpen, askedAfter },
};

/** The next moment at which a record changes by itself, or null. What collect/beats/deadline.ts is to hold for it. */
export function deadlineOf(kind: 'status' | 'run' | 'plain', row: Row | null): number | null {
  if (row === null) return null;
  if (kind === 'plain') return typeof row['nextAt'] === 'number' ? row['nextAt'] : null;
  // oxlint-disable typescript/no-unsafe-type-assertion -- true: `kind` is that of the row's collection.
  return kind === 'status' ? nextDeadline(row as StatusRow) : nextRunDeadline(row as RunRow);
  // oxlint-enable typescript/no-unsafe-type-assertion
}
