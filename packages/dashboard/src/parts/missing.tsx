import { Link, type LinkProps } from '@tanstack/react-router';
import { SearchX } from 'lucide-react';
import type { ReactNode } from 'react';
import { buttonClass } from './button.tsx';
import { Empty } from './empty.tsx';
import { Bone } from './skeleton.tsx';

/** In place of a record that is not there (yet): `what` it would be, and the list it would be in. */
export function Missing({
  isLoading,
  what,
  to,
  list,
  children,
}: {
  isLoading: boolean;
  what: string;
  to: NonNullable<LinkProps['to']>;
  list: string;
  children?: ReactNode;
}): ReactNode {
  if (isLoading) return <Bone className="h-[50vh] w-full rounded-card" />;
  return (
    <Empty
      icon={SearchX}
      title={`There is no such ${what}`}
      action={
        <Link to={to} className={buttonClass({ tone: 'primary' })}>
          {list}
        </Link>
      }
    >
      {children}
    </Empty>
  );
}
