import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { useTyped } from './typed.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A field whose address follows late, as that of a busy page does. */
function field(): {
  readonly type: (text: string) => void;
  readonly arrive: (told: string) => void;
  readonly shown: () => string;
  readonly told: string[];
} {
  const told: string[] = [];
  const hook = renderHook(({ value }) => useTyped(value, 150, (text) => void told.push(text)), {
    initialProps: { value: '' },
  });
  return {
    told,
    type: (text) => act(() => hook.result.current[1](text)),
    arrive: (value) => hook.rerender({ value }),
    shown: () => hook.result.current[0],
  };
}

const pause = (): void => act(() => void vi.advanceTimersByTime(150));

test('what was typed while the address was on its way is not taken back when it arrives', () => {
  const { type, arrive, shown, told } = field();
  type('f');
  pause();
  type('fre');
  arrive('f');
  expect(shown()).toBe('fre');
  pause();
  type('fresh');
  // The address of before arrives late, or is left out altogether.
  arrive('fre');
  expect(shown()).toBe('fresh');
  pause();
  arrive('fresh');
  expect(shown()).toBe('fresh');
  expect(told).toEqual(['f', 'fre', 'fresh']);
});

test('an address that changes from elsewhere is followed, also back to a text that was typed before', () => {
  const { type, arrive, shown } = field();
  type('shop');
  pause();
  arrive('shop');
  arrive('');
  expect(shown()).toBe('');
  arrive('shop');
  expect(shown()).toBe('shop');
  arrive('mail');
  expect(shown()).toBe('mail');
});
