import { type ReactNode, useState } from 'react';
import type { Problem } from '../rest/request.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ProblemNote } from './problem.tsx';

interface Props {
  readonly open: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children: ReactNode;
  /** The verb on the button: "Remove 3 services", never "OK". */
  readonly verb: string;
  /** Resolves with null when done, else with what went wrong; the dialog stays open then. */
  readonly onConfirm: () => Promise<Problem | null>;
}

/** Asks once before something that cannot be undone, and shows why when it failed. */
export function Confirm({ open, onClose, title, children, verb, onConfirm }: Props): ReactNode {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const close = (): void => {
    setProblem(null);
    onClose();
  };
  const confirm = async (): Promise<void> => {
    setBusy(true);
    const failed = await onConfirm();
    setBusy(false);
    setProblem(failed);
    if (failed === null) onClose();
  };
  return (
    <Dialog
      open={open}
      onClose={close}
      title={title}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button tone="danger" busy={busy} onClick={() => void confirm()}>
            {verb}
          </Button>
        </>
      }
    >
      <div className="space-y-3 text-text">{children}</div>
      {problem !== null && <ProblemNote problem={problem} className="mt-4" />}
    </Dialog>
  );
}
