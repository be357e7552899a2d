/** The service worker of the dashboard, built to `/push.js`. */
import { servePush, type PushScope } from '@statewire/client/push-worker';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- true: this file runs as a service worker and nowhere else.
servePush(globalThis as unknown as PushScope, { home: '/inbox', icon: '/favicon.svg' });
