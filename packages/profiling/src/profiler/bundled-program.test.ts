import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeProfile } from '../testing/decode-profile.js';

const run = promisify(execFile);
const ESBUILD = fileURLToPath(new URL('../../../../node_modules/.bin/esbuild', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../testing/profiled-program.ts', import.meta.url));

interface Outcome {
  readonly profile?: string;
  readonly code?: string;
  readonly message?: string;
  readonly warnings: readonly string[];
}

let directory: string;
let bundle: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'steppe-profiled-'));
  bundle = join(directory, 'program.mjs');
  const options = ['--bundle', '--format=esm', '--platform=node', '--sourcemap', '--conditions=@steppe/source'];
  // CommonJS parts of the bundle want a `require`.
  const banner =
    "--banner:js=import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await run(ESBUILD, [PROGRAM, ...options, banner, '--log-level=error', `--outfile=${bundle}`]);
}, 30_000);

afterAll(async () => {
  await rm(directory, { recursive: true });
});

const outcomeOf = async (...flags: string[]): Promise<Outcome> => {
  const { stdout } = await run(process.execPath, [...flags, '--no-warnings', bundle], { maxBuffer: 16_777_216 });
  return JSON.parse(stdout) as Outcome;
};

describe('a program built with source maps', () => {
  test.each([
    ['maps that Node.js keeps', ['--enable-source-maps']],
    ['the map beside the script', []],
  ])('row 66: frames name the TypeScript sources, by %s', async (_, flags) => {
    const { profile = '' } = await outcomeOf(...flags);
    const stacks = decodeProfile(Buffer.from(profile, 'base64')).samples.flatMap(({ stack }) => stack);
    const hot = stacks.filter((place) => place.startsWith('burnInHotFunction '));
    expect(hot.length).toBeGreaterThan(0);
    for (const place of hot) expect(place).toMatch(/\/src\/testing\/test-profiler\.ts:\d+$/);
    // The function's lines in the source, not in the bundle.
    const lines = hot.map((place) => Number(/\d+$/.exec(place)?.[0]));
    expect(Math.max(...lines)).toBeLessThan(60);
  });

  test('row 82: under the permission model the answer is a clear error, and the program goes on', async () => {
    const { code, message, warnings } = await outcomeOf('--experimental-permission', '--allow-fs-read=*');
    expect(code).toBe('PROFILING_UNAVAILABLE');
    expect(message).toBe('profiling is not available: Access to this API has been restricted');
    expect(warnings).toEqual(['heap profiles are not available']);
  });

  test('without any map the names of the built files', async () => {
    await rm(`${bundle}.map`);
    const { profile = '' } = await outcomeOf();
    const stacks = decodeProfile(Buffer.from(profile, 'base64')).samples.flatMap(({ stack }) => stack);
    expect(stacks.join('\n')).toMatch(/burnInHotFunction \/\S+\/program\.mjs:\d+/);
  });
});
