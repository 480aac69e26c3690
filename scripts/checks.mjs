// Static checks of the whole repository. Each is one test in the summary.
import { spawnSync } from 'node:child_process';
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

/** Runs all checks, or the named ones; prints the output of those that fail. */
export function runChecks({ root, env, only }) {
  return CHECKS.filter(({ name }) => only.length === 0 || only.includes(name)).map(({ name, command }) => {
    const [tool, ...args] = command;
    const { status, stdout, stderr } = spawnSync(join(root, 'node_modules', '.bin', tool), args, {
      cwd: root,
      env,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const passed = status === 0;
    process.stdout.write(`${passed ? 'ok' : 'FAILED'}  ${name}\n`);
    if (!passed) process.stdout.write(`${stdout}${stderr}\n`);
    return { name, passed };
  });
}
