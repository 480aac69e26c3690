import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from './program.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'program-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function program(source: string, args: readonly string[] = [], environment = {}): Program {
  const file = join(folder, `${Math.random()}.mjs`);
  writeFileSync(file, source);
  return new Program(file, args, { environment });
}

test('collects output and the exit code', async () => {
  const source = `console.log(process.argv[2], process.env.GREETING); console.error('oh'); process.exitCode = 3;`;
  const run = program(source, ['hello'], { GREETING: 'world' });
  await run.waitFor('world');
  expect(await run.exit).toBe(3);
  expect([run.stdout, run.stderr]).toEqual(['hello world\n', 'oh\n']);
});

test('waiting for what is never written fails when the process ends, and tells what was written', async () => {
  const run = program(`console.log('something else')`);
  await expect(run.waitFor('never')).rejects.toThrow(/ended \(0\) without writing never:\nsomething else/);
});

test('signals reach the process', async () => {
  const run = program(`process.on('SIGTERM', () => process.exit(7)); setInterval(() => 0, 1e6); console.log('ready')`);
  await run.waitFor('ready');
  run.kill('SIGTERM');
  expect(await run.exit).toBe(7);
  const unhandled = program(`setInterval(() => 0, 1e6); console.log('ready')`);
  await unhandled.waitFor('ready');
  unhandled.kill('SIGKILL');
  expect(await unhandled.exit).toBeUndefined();
});
