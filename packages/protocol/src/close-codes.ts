import { closeNames } from './codes.ts';

/** One WebSocket close code of ours. `comeBack` is true exactly for 4000-4499. */
export interface CloseInfo {
  readonly name: string;
  readonly comeBack: boolean;
  readonly meaning: string;
}

/** Every close code the server sends besides the standard ones of RFC 6455. */
export const closeCodes: Readonly<Record<number, CloseInfo>> = {
  4001: {
    name: closeNames[4001],
    comeBack: true,
    meaning: 'The server stops or restarts; come back after `bye.after` ms.',
  },
  4008: { name: closeNames[4008], comeBack: true, meaning: 'No `hello` arrived within 10 s.' },
  4401: {
    name: closeNames[4401],
    comeBack: true,
    meaning: 'No credential, a bad one, or one expired too long ago; come back with a good one.',
  },
  4408: { name: closeNames[4408], comeBack: true, meaning: 'Nothing was acknowledged for 60 s while visible.' },
  4429: { name: closeNames[4429], comeBack: true, meaning: 'Too many messages or connections; come back later.' },
  4500: {
    name: closeNames[4500],
    comeBack: false,
    meaning: 'The caller broke the protocol: a message before `hello`, not text, or not a frame.',
  },
  4501: { name: closeNames[4501], comeBack: false, meaning: 'The protocol version is not served; update the client.' },
  4503: { name: closeNames[4503], comeBack: false, meaning: 'The credential or the Origin is not allowed here.' },
  4504: { name: closeNames[4504], comeBack: false, meaning: 'Another connection took over this one.' },
  4505: {
    name: closeNames[4505],
    comeBack: false,
    meaning: 'A token of another principal or organization was handed over on a living connection.',
  },
};
