import type { ReactNode } from 'react';
import { Button } from '../parts/button.tsx';
import { GateFrame } from './gate.tsx';
import { SetUp } from './settings/set-up.tsx';

/** The organization wants a second factor and this person has none: nothing else is there before. */
export function Enrol({ onDone, onSignOut }: { onDone: () => void; onSignOut: () => void }): ReactNode {
  return (
    <GateFrame title="One more thing" note="Your organization wants a second factor: a code beside the password.">
      <SetUp onDone={onDone} />
      <Button tone="ghost" className="mt-3 w-full" onClick={onSignOut}>
        Sign out
      </Button>
    </GateFrame>
  );
}
