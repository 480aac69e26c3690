import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSteppeError } from '../errors/steppe-error.js';
import type { HclObject, HclValue } from './document.js';
import { parseHcl } from './hcl-parser.js';

/** What a document says, without positions: blocks are `[key, ...labels, value]`. */
function shape(value: HclValue): unknown {
  switch (value.kind) {
    case 'object':
      return value.entries.map((entry) => [entry.key, ...entry.labels, shape(entry.value)]);
    case 'list':
      return value.items.map(shape);
    case 'string':
      return value.text;
    case 'null':
      return null;
    default:
      return value.value;
  }
}

const messageOf = (text: string): string => {
  try {
    parseHcl(text);
  } catch (error) {
    if (isSteppeError(error, 'HCL_SYNTAX')) return error.message;
    throw error;
  }
  return 'no error';
};

describe('HCL', () => {
  test.each([
    ['nothing', '', []],
    [
      'entries on one line',
      'a = 1 b = 2',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'commas between entries',
      'a = 1, b = 2,',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    ['three kinds of comments', '# x\n// y\n/* z\n*/ a = 1 # w', [['a', 1]]],
    ['quoted keys', '"a b" = 1', [['a b', 1]]],
    ['keys with dots and dashes', 'a.b-c = true', [['a.b-c', true]]],
    ['blocks', 'server { enabled = true }', [['server', [['enabled', true]]]]],
    ['labels', 'host_volume "ca" { path = "/x" }', [['host_volume', 'ca', [['path', '/x']]]]],
    ['several labels, quoted or not', 'a "b" c { }', [['a', 'b', 'c', []]]],
    ['a block given by assignment', 'meta = { a = "b" }', [['meta', [['a', 'b']]]]],
    [
      'a key that is given twice',
      'a = 1\na = 2',
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    ['lists, with a comma at the end', 'a = ["x", 1, true, [2],]', [['a', ['x', 1, true, [2]]]]],
    ['a list of blocks', 'a = [{ b = 1 }, { b = 2 }]', [['a', [[['b', 1]], [['b', 2]]]]]],
    ['numbers', 'a = [0x1F, 010, -7, 1.5, 2e3, -0.5]', [['a', [31, 8, -7, 1.5, 2000, -0.5]]]],
    ['escapes', String.raw`a = "\"\\\n\t\u00e9\U0001F600\x41\101"`, [['a', '"\\\n\té😀AA']]],
    ['interpolation is kept', 'a = "${attr.x ? "y" : "z"}!"', [['a', '${attr.x ? "y" : "z"}!']]],
    [
      'heredocs',
      'a = <<EOT\nline 1\n  line 2\nEOT\nb = 1',
      [
        ['a', 'line 1\n  line 2\n'],
        ['b', 1],
      ],
    ],
    ['indented heredocs', 'a = <<-EOT\n    one\n      two\n    EOT\n', [['a', 'one\n  two\n']]],
    ['indented heredocs of too little indent', 'a = <<-EOT\n one\n  EOT\n', [['a', ' one\n']]],
    [
      'Windows line ends',
      'a = 1\r\nb {\r\n c = 2\r\n}\r\n',
      [
        ['a', 1],
        ['b', [['c', 2]]],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(shape(parseHcl(text))).toEqual(expected);
  });

  test('every key and value knows its place', () => {
    const document = parseHcl('a = 1\n\n  server {\n    name = "x"\n  }\n');
    const [a, server] = document.entries;
    expect([a?.at, a?.value.at]).toEqual([
      { line: 1, column: 1 },
      { line: 1, column: 5 },
    ]);
    const name = (server?.value as HclObject | undefined)?.entries[0];
    expect([server?.at, name?.at, name?.value.at]).toEqual([
      { line: 3, column: 3 },
      { line: 4, column: 5 },
      { line: 4, column: 12 },
    ]);
  });

  test.each([
    ['hello world', "At 1:13: key 'hello world' expected start of object ('{') or assignment ('=')"],
    ['hello world ', "At 1:13: key 'hello world' expected start of object ('{') or assignment ('=')"],
    ['a # x', "At 1:7: key 'a' expected start of object ('{') or assignment ('=')"],
    ['server {\n', 'At 2:1: object expected closing RBRACE got: EOF'],
    ['a = ', 'At 1:5: expected a value, got: EOF'],
    ['a = yes', 'At 1:5: Unknown token: 1:5 IDENT yes'],
    ['a = }', 'At 1:5: Unknown token: 1:5 RBRACE }'],
    ['a "b" = 1', 'At 1:7: nested object expected: LBRACE got: ASSIGN'],
    ['= 1', 'At 1:1: no object keys found!'],
    ['a = 1 { }', 'At 1:7: expected: IDENT | STRING got: LBRACE'],
    ['\n}', 'At 2:1: expected: IDENT | STRING | ASSIGN | LBRACE got: RBRACE'],
    ['1 = 1', 'At 1:1: expected: IDENT | STRING | ASSIGN | LBRACE got: NUMBER'],
    ['true = 1', 'At 1:1: expected: IDENT | STRING | ASSIGN | LBRACE got: BOOL'],
    ['a = 1,,', 'At 1:7: expected: IDENT | STRING | ASSIGN | LBRACE got: COMMA'],
    ['a = [1 2]', 'At 1:8: error parsing list, expected comma or list end, got: NUMBER'],
    ['a = ["x" "y"]', 'At 1:10: error parsing list, expected comma or list end, got: STRING'],
    ['a = [1,', 'At 1:8: unexpected token while parsing list: EOF'],
    ['a = [1', 'At 1:8: error parsing list, expected comma or list end, got: EOF'],
    ['a = 1; b = 2', 'At 1:6: illegal char'],
    ['a: 1', 'At 1:2: illegal char'],
    ['\ufeffa = 1', 'At 1:1: illegal char'],
    ['"😀" ;', 'At 1:5: illegal char'],
    ['a / b', "At 1:3: expected '/' for comment"],
    ['a = "x', 'At 1:5: literal not terminated'],
    ['a = "x\ny"', 'At 1:5: literal not terminated'],
    ['a = "${x"', 'At 1:5: literal not terminated'],
    [String.raw`a = "\q"`, 'At 1:6: illegal char escape'],
    [String.raw`a = "\U00110000"`, 'At 1:6: illegal char escape'],
    ['a = <<EOT\nx', 'At 1:5: heredoc not terminated'],
    ['a = << x', 'At 1:5: heredoc anchor expected'],
    ['/* x', 'At 1:1: comment not terminated'],
    [`a = ${'['.repeat(200)}`, 'At 1:105: nested deeper than 100 levels'],
  ])('%j', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test('a text that ends after an equals sign is refused', () => {
    expect(messageOf('a = 1 b =')).toBe('At 1:10: expected a value, got: EOF');
  });

  test('a text beyond eight megabytes is refused before it is read', () => {
    expect(messageOf(' '.repeat(8 * 1024 * 1024 + 1))).toBe('At 1:1: text is longer than 8388608 characters');
  });
});

describe('JSON', () => {
  test.each([
    [
      '{"a": 1, "b": [true, null, "x"]}',
      [
        ['a', 1],
        ['b', [true, null, 'x']],
      ],
    ],
    [' \n{"a": {"b": -1.5e2}}', [['a', [['b', -150]]]]],
    [
      '{"a": 1, "a": 2}',
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    [String.raw`{"\u00e9\n": ""}`, [['é\n', '']]],
  ])('%j', (text, expected) => {
    expect(shape(parseHcl(text))).toEqual(expected);
  });

  test.each([
    ['{"a": 1', "At 1:8: expected ',' or '}', got: EOF"],
    ['{"a": 1,}', 'At 1:9: expected a string, got: "}"'],
    ['{"a" 1}', 'At 1:6: expected \':\', got: "1"'],
    ['{"a": tru}', 'At 1:7: expected a value, got: "t"'],
    ['{"a": 01}', "At 1:8: expected ',' or '}', got: \"1\""],
    ['{"a": "x\n"}', 'At 1:7: literal not terminated'],
    ['{} x', 'At 1:4: expected end of text, got: "x"'],
    [`{"a": ${'['.repeat(200)}`, 'At 1:106: nested deeper than 100 levels'],
  ])('%j', (text, message) => {
    expect(messageOf(text)).toBe(message);
  });

  test.each([
    ['{"a": {"b": 1}', [['a', [['b', 1]]]]],
    ['{"a": [1, 2', [['a', [1, 2]]]],
    [
      '{"a": 1, "b": [2,],} and more',
      [
        ['a', 1],
        ['b', [2]],
      ],
    ],
  ])('taken as the reference takes it: %j', (text, expected) => {
    expect(shape(parseHcl(text, { laxJson: true }))).toEqual(expected);
    expect(messageOf(text)).toMatch(/^At 1:\d+: expected /);
  });

  test('agrees with JSON.parse about every document', () => {
    const plain = (value: HclValue): unknown => {
      if (value.kind === 'object') {
        return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]));
      }
      return value.kind === 'list' ? value.items.map(plain) : shape(value);
    };
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const text = JSON.stringify(value);
        expect(plain(parseHcl(text))).toEqual(JSON.parse(text));
      }),
    );
  });
});

test('whatever the text, the parser answers or names a place', () => {
  const piece = fc.oneof(
    fc.constantFrom('{', '}', '[', ']', '=', '"', '\\', '${', '<<E\n', 'E\n', '#', '/*', '*/', ',', '\n', ' ', '0x'),
    fc.constantFrom('a', 'server', 'true', '1', '-', '.', '"x"', ':'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      expect(messageOf(pieces.join(''))).toMatch(/^(no error|At \d+:\d+: [^]+)$/);
    }),
    { numRuns: 2_000 },
  );
});
