import { type ReactNode, useId, useState } from 'react';
import type { Problem } from '../rest/request.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ProblemNote } from './problem.tsx';

interface Props {
  readonly title: string;
  readonly note?: ReactNode;
  /** What the button says: `Save`. */
  readonly verb: string;
  /** It takes something away. */
  readonly isDanger?: boolean;
  /** Sends what was filled in; what went wrong, or null. */
  readonly onSubmit: (data: FormData) => Promise<Problem | null>;
  readonly onClose: () => void;
  /** The fields. */
  readonly children: ReactNode;
}

/** A few fields that are sent once: busy until the answer, closed when it was good, else open with what was wrong. */
export function FormDialog({ title, note, verb, isDanger = false, onSubmit, onClose, children }: Props): ReactNode {
  const id = useId();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const submit = async (data: FormData): Promise<void> => {
    setBusy(true);
    const failed = await onSubmit(data);
    setBusy(false);
    setProblem(failed);
    if (failed === null) onClose();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
      {...(note === undefined ? {} : { note })}
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone={isDanger ? 'danger' : 'primary'} type="submit" form={id} busy={busy}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id={id}
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void submit(new FormData(event.currentTarget));
        }}
      >
        {children}
        {problem !== null && <ProblemNote problem={problem} />}
      </form>
    </Dialog>
  );
}
