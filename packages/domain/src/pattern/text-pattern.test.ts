import { describe, expect, test } from '@jest/globals';
import { compilePattern } from './text-pattern.js';

describe('compilePattern', () => {
  test.each<[string, string, boolean]>([
    ['', 'anything', true],
    ['web', 'my-web-1', true],
    ['^web$', 'my-web', false],
    ['^web$', 'web', true],
    ['^$', '', true],
    ['db|web', 'web', true],
    ['^(db|web|)$', '', true],
    ['^(?:dc)[12]$', 'dc2', true],
    ['^(?P<dc>dc)[^12]$', 'dc2', false],
    ['^a.c$', 'a\nc', false],
    ['(?s)^a.c$', 'a\nc', true],
    ['(?i)^WEB[A-C]$', 'webb', true],
    ['^v\\d+\\.\\d+$', 'v1.12', true],
    ['^v\\d+\\.\\d+$', 'v1x12', false],
    ['^\\S+\\s\\W$', 'ab !', true],
    ['\\bcat\\b', 'a cat!', true],
    ['\\bcat\\b', 'concat', false],
    ['\\Bcat', 'concat', true],
    ['^a{2,3}$', 'aaaa', false],
    ['^a{2,3}$', 'aaa', true],
    ['^a{2}$', 'aaa', false],
    ['^a{2,}$', 'aaaaa', true],
    ['^a{0}b$', 'b', true],
    ['^a{,2}$', 'a{,2}', true],
    ['^x{$', 'x{', true],
    ['^(a|b)*?c+$', 'ababcc', true],
    ['^[]a]+$', 'a]', true],
    ['^[a-]+$', 'a-a', true],
    ['^[\\d.-]+$', '10.0-1', true],
    ['^[^\\D5]$', '4', true],
    ['^[\\W]$', '-', true],
    ['^[[:upper:]_]+$', 'A_B', true],
    ['^\\x41\\x{1F600}\\.$', 'A😀.', true],
    ['^😀$', '😀', true],
    ['^*a', 'ba', true],
  ])('%j on %j: %s, as RE2 would', (expression, text, expected) => {
    expect(compilePattern(expression)?.test(text)).toBe(expected);
  });

  test.each([
    ['a lookahead', '(?=a)'],
    ['a lookbehind', '(?<!a)b'],
    ['a backreference', '(a)\\1'],
    ['a possessive quantifier', 'a*+'],
    ['a repeated quantifier', 'a**'],
    ['a quantifier of nothing', '+a'],
    ['an open group', '(a'],
    ['a stray bracket', 'a)'],
    ['an open class', '[a'],
    ['a class that is empty', '[]'],
    ['a range the wrong way', '[z-a]'],
    ['a count above 1000', 'a{1001}'],
    ['counts that multiply', '(a{100}){100}'],
    ['counts of nothing that multiply', '((){1000}){1000}'],
    ['an unknown escape', '\\pL'],
    ['a trailing backslash', 'a\\'],
    ['an unknown named class', '[[:any:]]'],
    ['more than 256 bytes', 'a'.repeat(257)],
  ])('refuses %s', (_what, expression) => expect(compilePattern(expression)).toBeUndefined());

  test.each(['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '^(.*)*x$', '(a?){25}a{25}$'])(
    '%s, which ruins an engine that backtracks, answers within its bound of steps',
    (expression) => expect(compilePattern(expression)?.test(`${'a'.repeat(500)}!`)).toBe(false),
  );
});
