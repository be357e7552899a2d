/** What the environment says about the simulation. */
export interface SimulationConfig {
  /** Schedules to run: 500 in `npm test`, 10,000 in the nightly run. */
  readonly schedules: number;
  /** Run only this one. */
  readonly seed: number | null;
  readonly firstSeed: number;
}

export const simulationConfig: SimulationConfig = {
  schedules: number('SIM_SCHEDULES') ?? 500,
  seed: number('SIM_SEED'),
  firstSeed: number('SIM_FIRST_SEED') ?? 1,
};

function number(name: string): number | null {
  const text = process.env[name];
  return text === undefined || text === '' ? null : Number(text);
}
