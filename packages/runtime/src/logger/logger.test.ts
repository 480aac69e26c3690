import { expect, test } from '@jest/globals';
import { parseLogLevel, silentLogger } from './logger.js';

test.each([
  ['INFO', 'info'],
  [' Warn ', 'warn'],
  ['off', 'off'],
  ['loud', undefined],
  ['', undefined],
])('the level %j is %s', (text, level) => expect(parseLogLevel(text)).toBe(level));

test('the silent logger stays silent through every derivation', () => {
  expect(silentLogger.named('x').with({ a: 1 }).isEnabled('error')).toBe(false);
});
