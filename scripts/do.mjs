// The one entry to the repository's tasks: `node scripts/do.mjs <task>`. Needs nothing but Node and npm: it installs the
// pinned pnpm and all packages first when they are missing or out of date.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runChecks } from './checks.mjs';
import { clearResults, summarize } from './test-summary.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const { packageManager, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const env = {
  ...process.env,
  // Absolute, because turbo starts tasks in the packages' own folders.
  PATH: bin + delimiter + process.env.PATH,
  TURBO_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};
const windows = process.platform === 'win32';
const [task = '', ...args] = process.argv.slice(2);

// Where the jobs of `examples` find their modules, as `${meta.examples}`; the flag parts its pairs by commas.
const folder = join(root, 'examples');
const examples = folder.includes(',') ? [] : [`-meta=examples=${folder}`];

const tasks = {
  /** Nothing but what comes before every task. */
  setup: () => undefined,
  build: () => turbo('run', 'build', 'bundle', ...args),
  test,
  start: () => runApp('server', ['agent', '-dev', ...examples, ...args]),
  steppe: () => runApp('server', args),
  lint: async () => exitWith((await runChecks({ root, env, only: args })).every((check) => check.passed)),
  format: () => run(join(bin, 'biome'), 'format', '--write', '.'),
  bench,
  fuzz,
};

requireNode();
if (!Object.hasOwn(tasks, task)) fail(`unknown task "${task}"; there is ${Object.keys(tasks).join(', ')}`);
install();
await tasks[task]();

function requireNode() {
  const needed = engines.node.replace('>=', '').split('.').map(Number);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
    fail(`Node ${process.versions.node} is too old: Steppe needs Node ${needed.join('.')} or newer`);
  }
}

/** Installs when the lockfile, the platform or the Node ABI differ from what is installed. */
function install() {
  const stampFile = join(root, 'node_modules', '.steppe-install');
  const hash = createHash('sha256');
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])
    hash.update(readFileSync(join(root, file)));
  const stamp = hash.update(`${process.platform} ${process.arch} ${process.versions.modules}`).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const pnpm = existsSync(join(bin, 'pnpm')) ? [join(bin, 'pnpm')] : ['npx', '--yes', packageManager];
  run(...pnpm, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only');
  writeFileSync(stampFile, stamp);
}

/** Static checks and every jest suite; all of them, so that one run shows everything that is wrong. */
async function test() {
  const force = args.includes('--force') ? ['--force'] : [];
  clearResults(root);
  const quiet = '--output-logs=errors-only';
  const built = spawnTask(join(bin, 'turbo'), ['run', 'build', 'bundle', 'vendor', quiet, ...force]).status === 0;
  const checks = [{ name: 'types and build', passed: built }, ...(await runChecks({ root, env, only: [] }))];
  if (built) {
    const lanes = ['test:api', 'test:processes', 'test:interop', 'test'];
    // One more at once than the cores they are meant for: suites of processes and peers wait for much of their time.
    const how = ['--only', '--continue', '--concurrency=3', '--output-logs=new-only', ...force];
    spawnTask(join(bin, 'turbo'), ['run', ...lanes, ...how]);
  }
  exitWith(summarize({ root, checks }));
}

function bench() {
  turbo('run', 'bundle', '--output-logs=errors-only');
  run(process.execPath, join(root, 'bench', 'run.mjs'), ...args);
}

/** The long fuzz runs that `npm test` only samples. */
function fuzz() {
  turbo('run', 'build', '--filter=@steppe/test', '--output-logs=errors-only');
  run(process.execPath, '--expose-gc', join(root, 'test', 'dist', 'fuzz', 'main.js'), ...args);
}

/** Builds an app if need be and runs it in the foreground; signals go to it, its exit code is ours. */
function runApp(app, appArgs) {
  turbo('run', 'bundle', `--filter=@steppe/${app}`, '--output-logs=errors-only');
  const main = join(root, 'apps', app, 'dist', 'bundle', 'main.mjs');
  const child = spawn(process.execPath, ['--enable-source-maps', main, ...appArgs], {
    cwd: process.cwd(),
    stdio: 'inherit',
  });
  // A Ctrl-C reaches the child by itself, as it is in the terminal's foreground group.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGKILL' ? 137 : 1)));
}

function turbo(...turboArgs) {
  run(join(bin, 'turbo'), ...turboArgs);
}

function run(file, ...fileArgs) {
  const { status } = spawnTask(file, fileArgs);
  if (status !== 0) process.exit(status ?? 1);
}

function spawnTask(file, fileArgs) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  return spawnSync(file, fileArgs, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'], shell: windows });
}

function exitWith(success) {
  process.exitCode = success ? 0 : 1;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
