import { describe, expect, test } from '@jest/globals';
import { compileFilter } from './filter.js';

const row = {
  ID: 'n-1',
  Name: 'web one',
  Drain: false,
  ModifyIndex: 12,
  Load: 0.5,
  Meta: { rack: 'r1', 'a.b': 'dotted', 'sp ace': '' },
  Tags: ['blue', 'green'],
  Ports: [80, 443],
  Events: [],
  Nothing: null,
  Empty: '',
  Nested: { Deep: { Flag: true }, List: [{ x: 'y' }] },
  not: 'a field',
};
const test1 = (expression: string) => compileFilter(expression).matches(row);

describe('a filter', () => {
  test.each([
    ['ID == "n-1"', true],
    ['ID == `n-1`', true],
    ['ID==`n-1`', true],
    ['ID != "n-1"', false],
    ['Name == web', false],
    ['Meta.rack == r1', true],
    ['Meta["rack"] == "r1"', true],
    ['Meta["a.b"] == dotted', true],
    ['Meta["sp ace"] == ""', true],
    ['"/Meta/rack" == r1', true],
    ['"/Nested/Deep/Flag" == true', true],
    ['Nested.Deep.Flag == t', true],
    ['Nested.Deep["Flag"] != true', false],
    ['Nested.List.0.x == y', true],
    ['Ports.1 == 443', true],
    ['Drain == false', true],
    ['Drain == "0"', true],
    ['ModifyIndex == 12', true],
    ['ModifyIndex == 12.0', true],
    ['ModifyIndex != -12', true],
    ['Load == 0.5', true],
    ['blue in Tags', true],
    ['"red" in Tags', false],
    ['"red" not in Tags', true],
    ['Tags contains green', true],
    ['Tags not contains green', false],
    ['443 in Ports', true],
    ['rack in Meta', true],
    ['Meta contains "shelf"', false],
    ['Name contains "b o"', true],
    ['"one" in Name', true],
    ['Events is empty', true],
    ['Tags is not empty', true],
    ['Empty is empty', true],
    ['Meta is not empty', true],
    ['Nothing is empty', true],
    ['Nothing == x', false],
    ['Meta.absent == ""', false],
    ['Meta.absent != ""', true],
    ['Meta.absent is empty', true],
    ['x in Meta.absent', false],
    ['x not in Meta.absent', true],
    ['Meta.absent matches ".*"', false],
    ['Meta.absent not matches ".*"', true],
    ['Name matches "^web .n"', true],
    ['Name not matches "two$"', true],
    ['ID == x or ID == "n-1" and Drain == true', false],
    ['(ID == x or ID == "n-1") and Drain == false', true],
    ['not ID == x', true],
    ['not not ID == x', false],
    ['not (ID == x or Drain == false)', false],
    ['not == "a field"', true],
    ['ID == x or ID == y or ID == "n-1"', true],
    ['  ( ID  ==\n"n-1" )\t', true],
    ['Name == "web \\u006fne"', true],
  ])('%s: %s', (expression, expected) => {
    expect(test1(expression)).toBe(expected);
  });

  test.each([
    ['', 'the filter lacks a field or a value, at 1:1'],
    ['ID', 'the filter lacks an operator: `==`, `!=`, `in`, `not in`, `contains`, `matches` or `is empty`, at 1:3'],
    ['ID ==', 'the filter lacks a field or a value, at 1:6'],
    ['ID = x', 'the filter has a character that means nothing, at 1:4'],
    ['ID == "x', 'the filter has a quote without an end, at 1:7'],
    ['ID == "\\q"', 'the filter has an escape that is not known, at 1:7'],
    ['ID == x y', 'the filter goes on where it should end, at 1:9'],
    ['(ID == x', 'the filter lacks a closing parenthesis, at 1:9'],
    ['ID == x and', 'the filter lacks a field or a value, at 1:12'],
    ['ID is full', 'the filter lacks `empty` after `is`, at 1:7'],
    ['ID == x\nor Meta[rack] == y', 'the filter lacks a quoted name within brackets, at 2:9'],
    ['Meta["rack" == y', 'the filter lacks a closing bracket, at 1:13'],
    ['Meta. == y', 'the filter lacks a name after the dot, at 1:7'],
    ['5 == ID', 'the filter has a value where a field belongs, at 1:1'],
    ['ID matches "("', 'the filter has a pattern that is wrong, too long, or of a kind not supported, at 1:12'],
    ['ID matches "(?=x)"', 'the filter has a pattern that is wrong, too long, or of a kind not supported, at 1:12'],
    [`${'('.repeat(101)}ID == x`, 'the filter is nested more than 100 deep, at 1:102'],
    [`${'not '.repeat(101)}ID == x`, 'the filter is nested more than 100 deep, at 1:405'],
    [`ID == ${'x'.repeat(8_200)}`, 'the filter is longer than 8192 characters, at 1:1'],
  ])('%j is refused', (expression, message) => {
    expect(() => compileFilter(expression)).toThrow(
      expect.objectContaining({ code: 'FILTER_INVALID', message: message as unknown }),
    );
  });

  test.each([
    ['Colour == red', 'Colour is not a field of what is listed'],
    ['toString is empty', 'toString is not a field of what is listed'],
    ['Drain == perhaps', 'Drain is a boolean, which "perhaps" is not'],
    ['ModifyIndex == many', 'ModifyIndex is a number, which "many" is not'],
    ['x in Ports', 'Ports is a number, which "x" is not'],
    ['Tags == blue', 'Tags holds more than one value, which cannot be compared'],
    ['Drain is empty', 'Drain is a single value, which cannot be empty'],
    ['1 in ModifyIndex', 'ModifyIndex is a single value, which contains nothing'],
    ['Tags matches blue', 'Tags is no text, which `matches` needs'],
  ])('%s does not fit', (expression, message) => {
    expect(() => test1(expression)).toThrow(
      expect.objectContaining({ code: 'FILTER_NOT_APPLICABLE', message: `the filter cannot be applied: ${message}` }),
    );
  });

  test('a pattern made to backtrack is as fast as any other', () => {
    const hostile = compileFilter('Name matches "^(a+)+$"');
    expect(hostile.matches({ Name: `${'a'.repeat(50_000)}b` })).toBe(false);
  });
});
