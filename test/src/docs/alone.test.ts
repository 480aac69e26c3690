import { expect, test } from '@jest/globals';
import { Program } from '@steppe/testing';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Runs the compiled program to its end. */
async function run(name: string): Promise<string> {
  const program = new Program(fileURLToPath(new URL(`docs/alone/dist/${name}.js`, root)), ['--enable-source-maps']);
  expect([await program.exit, program.stderr]).toEqual([0, '']);
  return program.stdout;
}

/** Times are not the same in every run. */
const withoutTimes = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');

test.each(['domain', 'acl', 'gossip', 'scheduler', 'log-stream', 'profiling'])(
  '%s is useful alone: its README shows a program and what it prints',
  async (name) => {
    const source = read(`docs/alone/src/${name}.ts`);
    const imports = [...source.matchAll(/from '(@steppe\/[\w-]+)'/g)].map((match) => match[1]);
    const allowed = new Set([`@steppe/${name}`, '@steppe/runtime', '@steppe/domain']);
    expect(imports.filter((specifier) => !allowed.has(specifier ?? ''))).toEqual([]);
    const readme = read(`packages/${name}/README.md`);
    expect(readme).toContain(`\`\`\`ts\n${source}\`\`\`\n`);
    expect(withoutTimes(readme)).toContain(`\`\`\`\n${withoutTimes(await run(name))}\`\`\`\n`);
  },
);
