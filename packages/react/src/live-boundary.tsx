import { Component, useEffect, useRef, type ReactNode } from 'react';
import { LiveError } from './live.ts';
import { useConnection } from './use-connection.ts';

/** What a fallback is told. */
export interface LiveProblem {
  readonly error: LiveError;
  /** Asks again. */
  readonly retry: () => void;
}

/** What `LiveBoundary` takes. */
export interface LiveBoundaryProps {
  /** What is shown instead: a node, or a function of what went wrong. */
  readonly fallback: ReactNode | ((problem: LiveProblem) => ReactNode);
  /** For your log. */
  readonly onError?: ((error: LiveError) => void) | undefined;
  readonly children?: ReactNode;
}

/**
 * Shows a fallback in place of what the server refused to hooks with `throwOnError`, and tries again by itself when a new
 * connection is there. Every other error goes on to the boundary above.
 */
export class LiveBoundary extends Component<LiveBoundaryProps, { readonly error: unknown }> {
  override readonly state: { readonly error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown): { readonly error: unknown } {
    return { error };
  }

  override componentDidCatch(error: unknown): void {
    if (error instanceof LiveError) this.props.onError?.(error);
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    if (!(error instanceof LiveError)) throw error;
    return <Fallback error={error} forget={this.#forget} fallback={this.props.fallback} />;
  }

  readonly #forget = (): void => {
    this.setState({ error: null });
  };
}

interface FallbackProps extends Pick<LiveBoundaryProps, 'fallback'> {
  readonly error: LiveError;
  readonly forget: () => void;
}

function Fallback({ error, forget, fallback }: FallbackProps): ReactNode {
  const { state, reconnect } = useConnection();
  const before = useRef(state);
  useEffect(() => {
    const wasLive = before.current === 'live';
    before.current = state;
    if (!wasLive && state === 'live') forget();
  }, [state, forget]);
  if (typeof fallback !== 'function') return fallback;
  const retry = (): void => {
    reconnect();
    forget();
  };
  return fallback({ error, retry });
}
