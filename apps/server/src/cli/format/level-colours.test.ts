import { describe, expect, test } from '@jest/globals';
import { wantsColour, withLevelColours } from './level-colours.js';

const coloured = (text: string): string => Buffer.from(withLevelColours(Buffer.from(text))).toString();

describe('withLevelColours', () => {
  test('the level of each line has its colour, and nothing else has', () => {
    const lines = [
      '2031-05-06T07:08:09.123Z [INFO]  http: said: what="2031-01-01 [ERROR] ümlaut"\n',
      '[alder.global] 2031-05-06T07:08:09.123+0200 [ERROR] nomad: no\n',
      '  | 2031-05-06T07:08:09.123Z [WARN]  within a value\n',
    ];
    expect(coloured(lines.join(''))).toBe(
      [
        '2031-05-06T07:08:09.123Z \u001b[32m[INFO]\u001b[0m  http: said: what="2031-01-01 [ERROR] ümlaut"\n',
        '[alder.global] 2031-05-06T07:08:09.123+0200 \u001b[31m[ERROR]\u001b[0m nomad: no\n',
        lines[2],
      ].join(''),
    );
  });

  test('JSON lines, and bytes that are no text yet, stay as they are', () => {
    expect(coloured('{"@level":"info","@message":"[INFO]"}\n')).toBe('{"@level":"info","@message":"[INFO]"}\n');
    const cut = Buffer.from('ü').subarray(0, 1);
    expect([...withLevelColours(cut)]).toEqual([...cut]);
  });
});

describe('wantsColour', () => {
  test.each([
    ['a terminal', {}, {}, true, true],
    ['a pipe', {}, {}, false, false],
    ['-no-color', { 'no-color': true, 'force-color': true }, {}, true, false],
    ['-force-color', { 'force-color': true }, { NO_COLOR: '1' }, false, true],
    ['NO_COLOR', {}, { NO_COLOR: '1' }, true, false],
    ['NOMAD_CLI_NO_COLOR', {}, { NOMAD_CLI_NO_COLOR: '1', NOMAD_CLI_FORCE_COLOR: '1' }, true, false],
    ['NOMAD_CLI_FORCE_COLOR', {}, { NOMAD_CLI_FORCE_COLOR: '1' }, false, true],
  ])('%s', (_, flags, environment, isTerminal, expected) => {
    expect(wantsColour(flags, { environment, isTerminal })).toBe(expected);
  });
});
