import { expect, test } from '@jest/globals';
import { RecordingLogger } from './recording-logger.js';

test('derived loggers record into the same list, with their name and fields', () => {
  const root = new RecordingLogger();
  const pool = root.named('gossip').named('pool').with({ member: 'a' });
  root.info('start');
  pool.warn('suspect', { by: 'b' });
  expect(root.lines).toEqual([
    { level: 'info', name: '', message: 'start', fields: {} },
    { level: 'warn', name: 'gossip.pool', message: 'suspect', fields: { member: 'a', by: 'b' } },
  ]);
  expect(root.messages('warn')).toEqual(['suspect']);
  expect(root.messages()).toEqual(['start', 'suspect']);
});
