import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps, ReactNode } from 'react';
import { cx } from '../lib/cx.ts';

const looks = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-control text-sm font-medium whitespace-nowrap transition-colors select-none disabled:cursor-not-allowed disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      tone: {
        plain: 'border border-line-strong bg-surface text-text hover:bg-hover',
        primary: 'bg-accent text-accent-ink hover:bg-accent/90',
        ghost: 'text-muted hover:bg-hover hover:text-text',
        danger: 'border border-line-strong bg-surface text-down hover:bg-down-soft',
      },
      size: {
        // 44 px under a finger, 32 under a pointer: the same button is used for both.
        normal: 'h-8 px-3 pointer-coarse:h-11',
        small: 'h-7 px-2 text-xs pointer-coarse:h-10',
        icon: 'size-8 pointer-coarse:size-11',
      },
    },
    defaultVariants: { tone: 'plain', size: 'normal' },
  },
);

export type ButtonProps = ComponentProps<'button'> & VariantProps<typeof looks> & { busy?: boolean };

/** A button. While `busy` it keeps its size and cannot be pressed again. */
export function Button({ tone, size, busy = false, className, children, disabled, ...rest }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
      className={cx(looks({ tone, size }), className)}
    >
      {children}
    </button>
  );
}

/** The classes of a button, for links that look like one. */
export function buttonClass(props: VariantProps<typeof looks> = {}): string {
  return looks(props);
}
