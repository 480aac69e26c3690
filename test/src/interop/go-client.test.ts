import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuiltAgent } from '../e2e/built-agent.js';
import { startBuiltAgent } from '../e2e/built-agent.js';
import { describeWith, GO_THAT_BUILDS as GO } from './describe-with-program.js';

const program = fileURLToPath(new URL('../../go-client', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'steppe-go-client-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ENVIRONMENT = { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly' };
const MODULES_WAIT_MS = 30_000;

/** Go, where it is new enough and the client can be had. */
function goWithClient(): string | undefined {
  if (GO === undefined) return undefined;
  const options = { cwd: program, env: ENVIRONMENT, timeout: MODULES_WAIT_MS };
  return spawnSync(GO, ['mod', 'download'], options).status === 0 ? GO : undefined;
}

/** As they stand in its files, so that none is left out. */
const TESTS = readdirSync(program)
  .filter((name) => name.endsWith('_test.go'))
  .flatMap((name) => [...readFileSync(join(program, name), 'utf8').matchAll(/^func (Test\w+)/gm)])
  .map(([, name = '']) => name);

/** Runs a program to its end; what it has printed, and with which code it ended. */
const run = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) =>
  new Promise<{ readonly text: string; readonly code: unknown }>((resolve) => {
    execFile(file, args, { cwd: program, env }, (error, stdout, stderr) =>
      resolve({ text: stdout + stderr, code: error?.code ?? error?.signal ?? 0 }),
    );
  });

describeWith(goWithClient())('the official Go client of the API', () => {
  const tests = join(folder, 'client.test');
  let open: BuiltAgent;
  let closed: BuiltAgent;
  beforeAll(async () => {
    const config = join(folder, 'closed.hcl');
    writeFileSync(config, 'acl { enabled = true }\nserver { encrypt = "cg8StVXbQJ0gPvMd9o7yrg==" }\n');
    const [built, ...agents] = await Promise.all([
      run(GO ?? '', ['test', '-c', '-o', tests, '.'], ENVIRONMENT),
      startBuiltAgent(),
      startBuiltAgent(`-config=${config}`),
    ]);
    [open, closed] = agents;
    expect(built).toEqual({ text: '', code: 0 });
  }, 240_000);
  afterAll(async () => {
    for (const { program } of [open, closed]) program.kill('SIGINT');
    await Promise.all([open, closed].map(({ program }) => program.exit));
  });

  test.each(TESTS)('%s', async (name) => {
    const { text, code } = await run(tests, [`-test.run=^${name}$`, '-test.v'], {
      PATH: process.env['PATH'],
      NOMAD_ADDR: open.url,
      STEPPE_ACL_ADDR: closed.url,
    });
    expect([code, code === 0 ? '' : text]).toEqual([0, '']);
    expect(text).toContain(`--- PASS: ${name}`);
  });
});
