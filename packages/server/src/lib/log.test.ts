import { expect, test } from 'vitest';
import { createLog } from './log.ts';

function lines(): { readonly written: string[]; readonly destination: { write(line: string): void } } {
  const written: string[] = [];
  return { written, destination: { write: (line) => void written.push(line) } };
}

test('credentials come out as [redacted], at the top, one level in, and in headers', () => {
  const { written, destination } = lines();
  const log = createLog({ level: 'info', destination });
  const secret = 'sw_SECRET';
  log.info({ authorization: secret, cookie: secret, token: secret, secret, password: secret }, 'top');
  log.info(
    {
      req: {
        authorization: secret,
        token: secret,
        headers: { authorization: secret, cookie: secret, 'set-cookie': secret },
      },
    },
    'in',
  );
  log.info({ headers: { authorization: secret, 'x-api-key': secret, 'set-cookie': secret } }, 'headers');
  log.info({ plan: { id: 'p', secretHeaders: { 'x-any': secret } } }, 'plan');
  expect(written).toHaveLength(4);
  expect(written.join('')).not.toContain(secret);
  expect(written.join('')).toContain('[redacted]');
  expect(JSON.parse(written[3] ?? '')).toMatchObject({ plan: { id: 'p' }, msg: 'plan', level: 'info' });
});

test('a line is one line, whatever is logged', () => {
  const { written, destination } = lines();
  createLog({ level: 'info', destination }).info({ name: 'a\nlevel=error\u001b[31m' }, 'x\ny');
  expect(written[0]?.trimEnd().split('\n')).toHaveLength(1);
});

test('levels below the chosen one say nothing', () => {
  const { written, destination } = lines();
  const log = createLog({ level: 'warn', destination });
  log.info({}, 'no');
  log.debug({}, 'no');
  log.error({ err: new Error('planted') }, 'yes');
  expect(written).toHaveLength(1);
  expect(JSON.parse(written[0] ?? '')).toMatchObject({ level: 'error', msg: 'yes', err: { message: 'planted' } });
});
