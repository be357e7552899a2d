// @vitest-environment jsdom
import { createClient, type Client, type CommandResult } from '@statewire/client';
import { FakeEnv, FakeServer } from '@statewire/client/testing';
import { act, cleanup, render, screen } from '@testing-library/react';
import type { ReactNode } from 'react';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StatewireProvider } from './provider.tsx';
import { useCommand, useCommands } from './use-command.ts';

let env: FakeEnv;
let server: FakeServer;
let sw: Client;

beforeEach(() => {
  env = new FakeEnv();
  server = new FakeServer({ now: () => env.now() });
  sw = createClient({ url: 'http://fake.test', env, dial: server.dial });
  server.put('services', { id: 'a', name: 'A' });
});

afterEach(() => {
  cleanup();
  sw.close();
});

async function pass(ms = 0): Promise<void> {
  await act(() => env.advance(ms));
}

function show(node: ReactNode): void {
  render(<StatewireProvider client={sw}>{node}</StatewireProvider>);
}

function Rename({ base, name }: { readonly base?: number; readonly name: string }): ReactNode {
  const rename = useCommand((client, to: string): Promise<CommandResult> =>
    client.services.patch('a', { name: to }, { base }),
  );
  const said = rename.isPending ? 'pending' : rename.result === null ? 'idle' : (rename.error?.code ?? 'done');
  const { yours, theirs } = rename.conflict ?? {};
  return (
    <>
      <p>{`${said} ${JSON.stringify([yours, theirs])}`}</p>
      <button type="button" onClick={() => void rename.run(name)}>
        rename
      </button>
      {rename.resolve === null ? null : (
        <button type="button" onClick={() => void rename.resolve?.({ name: 'both' })}>
          resolve
        </button>
      )}
      {rename.undo === null ? null : (
        <button type="button" onClick={() => void rename.undo?.()}>
          undo
        </button>
      )}
    </>
  );
}

const click = (name: string): void => act(() => screen.getByText(name).click());

test('[CL51] a conflict in a hook has both sides and is resolved by the hook itself', async () => {
  server.put('services', { id: 'a', name: 'B' });
  show(<Rename base={2} name="C" />);
  click('rename');
  await pass();
  expect(screen.getByText('conflict [{"name":"C"},{"name":"B"}]')).toBeDefined();
  expect(screen.queryByText('undo')).toBeNull();
  click('resolve');
  expect(screen.getByText('pending [null,null]')).toBeDefined();
  await pass();
  expect(screen.getByText('done [null,null]')).toBeDefined();
  expect(screen.queryByText('resolve')).toBeNull();
  expect(server.get('services', 'a')).toMatchObject({ name: 'both' });
});

test('[CL56] what a hook did it can take back', async () => {
  sw.services.subscribe(() => undefined);
  await pass();
  show(<Rename name="C" />);
  click('rename');
  await pass();
  expect(server.get('services', 'a')).toMatchObject({ name: 'C' });
  click('undo');
  await pass();
  expect(server.get('services', 'a')).toMatchObject({ name: 'A' });
});

test('[CL57] what waits, and what was refused meanwhile, is shown wherever it was given', async () => {
  function Waiting(): ReactNode {
    const { pending, conflicted, failed } = useCommands();
    return <p>{`${pending.length} wait, ${conflicted.length} conflict, ${failed.length} failed`}</p>;
  }
  show(<Waiting />);
  expect(screen.getByText('0 wait, 0 conflict, 0 failed')).toBeDefined();
  server.isUp = false;
  act(() => {
    void sw.services.patch('a', { name: 'B' }, { base: 1 });
    void sw.services.patch('none', { name: 'B' });
  });
  expect(screen.getByText('2 wait, 0 conflict, 0 failed')).toBeDefined();
  await pass(1_000);
  server.isUp = true;
  await pass(15_000);
  expect(screen.getByText('0 wait, 1 conflict, 1 failed')).toBeDefined();
  act(() => sw.commands.dismiss(sw.commands.get().failed[0]?.id ?? ''));
  expect(screen.getByText('0 wait, 1 conflict, 0 failed')).toBeDefined();
});
