'use client';
export { createTestStatewire, type TestRows, type TestStatewireOptions, type TestWorld } from './world.ts';
export { TestStatewire, type TestStatewireProps } from './test-statewire.tsx';
