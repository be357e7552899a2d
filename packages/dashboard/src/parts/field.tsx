import { type ComponentProps, type ReactNode, useId } from 'react';
import { cx } from '../lib/cx.ts';

const control =
  'w-full min-w-0 rounded-control border border-line-strong bg-surface px-2.5 text-sm text-text transition-colors hover:border-muted focus-visible:outline-offset-0 aria-invalid:border-down disabled:opacity-60';

interface FieldProps {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | undefined;
  readonly className?: string;
  readonly children: (ids: {
    readonly id: string;
    readonly 'aria-describedby': string;
    readonly 'aria-invalid': true | undefined;
  }) => ReactNode;
}

/** A label, its control, and one line below that is a hint or, when wrong, what to do about it. */
export function Field({ label, hint, error, className, children }: FieldProps): ReactNode {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1.5 block text-sm font-medium">
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-note`, 'aria-invalid': error === undefined ? undefined : true })}
      {/* The line keeps its height, so that an error appearing moves nothing. */}
      <p id={`${id}-note`} className={cx('mt-1 min-h-4 text-xs', error === undefined ? 'text-muted' : 'text-down')}>
        {error ?? hint}
      </p>
    </div>
  );
}

/** A line of text. `isFirst` takes the focus when its form appears: the page or dialog is that form. */
export function Input({
  className,
  isFirst = false,
  ...rest
}: ComponentProps<'input'> & { isFirst?: boolean }): ReactNode {
  return (
    <input
      // oxlint-disable-next-line jsx-a11y/no-autofocus -- only by `isFirst`, see above.
      autoFocus={isFirst}
      autoComplete="off"
      spellCheck={false}
      {...rest}
      className={cx(control, 'h-9 pointer-coarse:h-11 pointer-coarse:text-lg', className)}
    />
  );
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>): ReactNode {
  return <textarea spellCheck={false} {...rest} className={cx(control, 'code py-2 text-xs leading-5', className)} />;
}

/** The platform's own select: it works by touch and keyboard everywhere and needs no styles at run time. */
export function Select({ className, children, ...rest }: ComponentProps<'select'>): ReactNode {
  return (
    <select {...rest} className={cx(control, 'h-9 pr-7 pointer-coarse:h-11', className)}>
      {children}
    </select>
  );
}

/** On or off. `name` is the word in full where the label is an abbreviation. */
export function Switch({
  label,
  name,
  checked,
  onChange,
}: {
  label: string;
  name?: string | undefined;
  checked: boolean;
  onChange: (checked: boolean) => void;
}): ReactNode {
  const id = useId();
  return (
    <label htmlFor={id} className="flex min-h-8 items-center gap-2.5 text-sm">
      <input
        id={id}
        type="checkbox"
        aria-label={name}
        checked={checked}
        onChange={(event) => onChange(event.currentTarget.checked)}
        className="size-4 accent-accent"
      />
      {label}
    </label>
  );
}
