import { expect, test } from 'vitest';
import { Caller, StoreError } from './call.ts';

interface Calls {
  readonly echo: (args: string) => string;
  readonly fail: (args: null) => null;
  readonly never: (args: null) => null;
  readonly die: (args: null) => null;
}

// A thread that speaks as ours do and can be told to die.
const THREAD = `data:text/javascript,${encodeURIComponent(`
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ id, method, args }) => {
    if (method === 'echo') parentPort.postMessage({ id, ok: true, value: args });
    if (method === 'fail') parentPort.postMessage({ id, ok: false, message: 'planted', code: 'ERR_PLANTED' });
    if (method === 'die') process.exit(7);
  });
`)}`;

function make(callsMax = 10): { caller: Caller<Calls>; crashes: Error[] } {
  const crashes: Error[] = [];
  return {
    crashes,
    caller: new Caller<Calls>({ url: new URL(THREAD), callsMax, onCrash: (error) => crashes.push(error) }),
  };
}

test('[CM19] a thread that dies refuses what waits and what comes after, and is told of once', async () => {
  const { caller, crashes } = make();
  const waiting = caller.call('never', null);
  const dying = caller.call('die', null);
  await Promise.all([waiting, dying].map((one) => expect(one).rejects.toThrow('ended with code 7')));
  await expect(caller.call('echo', 'x')).rejects.toThrow('ended with code 7');
  expect(crashes).toHaveLength(1);
  await caller.close();
  expect(crashes).toHaveLength(1);
});

test('[CM19] errors keep their message and code, and the thread goes on', async () => {
  const { caller, crashes } = make();
  await expect(caller.call('fail', null)).rejects.toMatchObject({
    name: 'StoreError',
    message: 'planted',
    code: 'ERR_PLANTED',
  });
  expect(await caller.call('echo', 'é\0')).toBe('é\0');
  await caller.close();
  expect(crashes).toEqual([]);
});

test('[CM19] questions are bounded, and closing refuses those that wait', async () => {
  const { caller, crashes } = make(2);
  const waiting = [caller.call('never', null), caller.call('never', null)];
  await expect(caller.call('echo', 'x')).rejects.toThrow('2 questions wait');
  expect(caller.waiting).toBe(2);
  const refused = Promise.all(waiting.map((one) => expect(one).rejects.toBeInstanceOf(StoreError)));
  await caller.close();
  await refused;
  await expect(caller.call('echo', 'x')).rejects.toThrow('closed');
  expect(crashes).toEqual([]);
});
