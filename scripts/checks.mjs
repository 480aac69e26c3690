// Static checks of the whole repository. Each is one test in the summary.
import { execFile } from 'node:child_process';
import { join } from 'node:path';

const CHECKS = [
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'dead exports', command: ['knip', '--no-progress'] },
  {
    name: 'module boundaries',
    command: ['depcruise', '--config', 'tooling/dependency-cruiser.cjs', 'packages', 'apps'],
  },
  { name: 'duplicate code', command: ['jscpd', '--config', 'tooling/jscpd.json', 'packages', 'apps'] },
];

/** Runs all checks at once, or the named ones; prints the output of those that fail. */
export async function runChecks({ root, env, only }) {
  const wanted = CHECKS.filter(({ name }) => only.length === 0 || only.includes(name));
  return Promise.all(
    wanted.map(async ({ name, command: [tool, ...args] }) => {
      const { passed, output } = await finished(join(root, 'node_modules', '.bin', tool), args, { cwd: root, env });
      process.stdout.write(`${passed ? 'ok' : 'FAILED'}  ${name}\n`);
      if (!passed) process.stdout.write(`${output}\n`);
      return { name, passed };
    }),
  );
}

function finished(file, args, options) {
  return new Promise((resolve) => {
    execFile(file, args, { ...options, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ passed: error === null, output: [stdout, stderr].join('') }),
    );
  });
}
