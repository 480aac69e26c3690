import { describe, expect, test } from '@jest/globals';
import { isSteppeError } from '@steppe/domain';
import fc from 'fast-check';
import { parsePolicy } from './parse-policy.js';

/** Parses, and gives the error's text instead of an error of ours; anything else that is thrown fails the test. */
function outcome(text: string): string {
  try {
    parsePolicy(text, { isStrict: true });
    return 'ok';
  } catch (error) {
    if (isSteppeError(error, 'ACL_POLICY_INVALID')) return error.message;
    throw error;
  }
}

const HCL = `# comment
namespace "prod-*" {
  policy       = "read"
  capabilities = ["alloc-exec", "submit-job",]
  variables {
    path "a/*" { capabilities = ["read", "write"] }
  }
}
node_pool "gpu" { policy = "write" }
agent { policy = "read" } /* more */ operator { capabilities = ["snapshot-save"] }
plugin { policy = <<-END
  list
  END
}
`;
const JSON_TEXT = JSON.stringify({
  namespace: [{ 'prod-*': { policy: 'read', capabilities: ['alloc-exec'] } }],
  agent: { policy: 'read' },
  operator: [{ capabilities: ['snapshot-save'] }],
});

test('whatever the text, the parser gives rules or its own error', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '=',
      '"',
      '\\',
      '${',
      '<<E\n',
      '<<-E\n',
      'E\n',
      '#',
      '/*',
      '*/',
      ',',
      '\n',
      ' ',
      '0x',
      ':',
    ),
    fc.constantFrom(
      'namespace',
      'variables',
      'path',
      'agent',
      'policy',
      'capabilities',
      '"read"',
      '"deny"',
      '"*"',
      'null',
      '1e9',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      expect(outcome(pieces.join(''))).toMatch(/^(ok$|Failed to parse ACL Policy: |Invalid )/);
    }),
    { numRuns: 1_000 },
  );
});

test('whatever happens to a good policy, the parser gives rules or its own error', () => {
  const mutation = fc.record({
    at: fc.nat(),
    cut: fc.nat(12),
    insert: fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('{', '}', '"', '[', '\\', '\0')),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(HCL, JSON_TEXT),
      fc.array(mutation, { minLength: 1, maxLength: 4 }),
      (start, mutations) => {
        const text = mutations.reduce((whole, { at, cut, insert }) => {
          const from = at % (whole.length + 1);
          return whole.slice(0, from) + insert + whole.slice(from + cut);
        }, start);
        expect(outcome(text)).toMatch(/^(ok$|Failed to parse ACL Policy: |Invalid )/);
      },
    ),
    { numRuns: 1_000 },
  );
});

describe('half a megabyte of one thing takes time in proportion', () => {
  const SIZE = 512 * 1024;
  const fill = (piece: string): string => piece.repeat(Math.floor(SIZE / piece.length));
  test.each([
    ['opening braces', fill('a {')],
    ['opening brackets', `a = ${fill('[')}`],
    ['opening JSON braces', fill('{"a":')],
    ['keys', fill('a ')],
    ['labels', `namespace ${fill('"a" ')} {}`],
    ['words', `namespace "a" { capabilities = [${fill('"host-volume-delete",')} "host-volume-write"] }`],
    ['words that imply others', `namespace "a" { capabilities = [${fill('"host-volume-write",')}] }`],
    ['numbers', `a = [${fill('1,')}]`],
    ['commas', `a = [${fill(',')}]`],
    ['one long number', `a = ${fill('1')}`],
    ['one long word', fill('a')],
    ['one long text', `"${fill('a')}`],
    ['escapes', `a = "${fill('\\n')}"`],
    ['templates', `a = "${fill('${a}')}"`],
    ['an unending template', `a = "${fill('${')}`],
    ['heredocs', fill('a = <<E\nE\n')],
    ['an unending heredoc', `a = <<E\n${fill('x\n')}`],
    ['a heredoc indented deeper and deeper', `a = <<-E\n${fill(' x\n')} E\n`],
    ['an unending comment', `/*${fill('*')}`],
    ['comments', fill('# x\n')],
    ['blanks', fill(' ')],
    ['blocks of one kind', fill('agent { policy = "read" }\n')],
    ['namespaces', fill('namespace "abc" { policy = "read" }\n')],
    ['unknown blocks', fill('b "c" {}\n')],
    ['paths', `namespace "a" { variables { ${fill('path "x" {}\n')} } }`],
    ['JSON members', `{"namespace":{${fill('"a":{},')}"b":{}}}`],
  ])('%s', (_, text) => {
    const start = performance.now();
    expect(outcome(text)).toMatch(/^(ok$|Failed to parse ACL Policy: |Invalid )/);
    // A quadratic parser would need minutes.
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
