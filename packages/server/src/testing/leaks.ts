import { expect } from 'vitest';
import type { World } from './world.ts';

/** Closes a world and expects that nothing of it is left: no timer, no session, no view somebody still watches. */
export function expectNoLeaks(world: World): void {
  world.close();
  world.clock.advance();
  expect(world.gateway.stats.connections).toBe(0);
  expect(world.gateway.stats.subscriptions).toBe(0);
  expect(world.clock.pending, 'timers left').toBe(0);
}
