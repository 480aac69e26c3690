import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodePprof } from '@steppe/profiling';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuiltAgent } from './built-agent.js';
import { finished, startBuiltAgent, steppe, whileAsked } from './built-agent.js';

const folder = mkdtempSync(join(tmpdir(), 'steppe-profile-'));
const file = (name: string): string => join(folder, name);
let agent: BuiltAgent;
beforeAll(async () => {
  const config = file('profiling.hcl');
  writeFileSync(config, 'profiling {\n  history = "1m"\n  history_interval = "10ms"\n}\n');
  agent = await startBuiltAgent('-node=alder', `-config=${config}`);
});
afterAll(async () => {
  agent.program.kill('SIGINT');
  await agent.program.exit;
  rmSync(folder, { recursive: true });
});

const profile = (kind: string, name: string, ...args: readonly string[]) =>
  finished(steppe('profile', kind, `-address=${agent.url}`, `-o=${file(name)}`, ...args));

const LOOKUPS = ['heap', 'allocs', 'goroutine', 'threadcreate', 'block', 'mutex'];

describe('steppe profile', () => {
  test('cpu: saved for the owner alone, and its functions shown, in places of the TypeScript sources', async () => {
    const { code, text } = await whileAsked(agent, () => profile('cpu', 'cpu.pb.gz', '-seconds=1', '-top=3'));
    expect([code, text]).toEqual([0, expect.stringMatching(/^Profile written to \S+cpu\.pb\.gz\n\ncpu: \S+ over 1\./)]);
    expect(text).toMatch(/, \d of \d+ functions\nFlat +Flat% +Cum +Cum% +Function\n(.+%.+\n){1,3}$/);
    expect(statSync(file('cpu.pb.gz')).mode & 0o777).toBe(0o600);
    const { samples, durationMs } = decodePprof(readFileSync(file('cpu.pb.gz')));
    expect(durationMs).toBeGreaterThanOrEqual(1_000);
    const files = samples.flatMap(({ stack }) => stack).map((frame) => frame.file);
    expect(files.filter((each) => each.includes('dist/bundle'))).toEqual([]);
    expect(files.filter((each) => /^packages\/agent\/src\/\S+\.ts$/.test(each)).length).toBeGreaterThan(0);
  });

  test('each profile of a moment, and a trace', async () => {
    const outcomes = await Promise.all(LOOKUPS.map((kind) => profile(kind, `${kind}.pb.gz`)));
    for (const [i, kind] of LOOKUPS.entries()) {
      expect([kind, outcomes[i]?.code, outcomes[i]?.text]).toEqual([kind, 0, expect.stringContaining(' functions\n')]);
      expect(decodePprof(readFileSync(file(`${kind}.pb.gz`))).sampleTypes).not.toEqual([]);
    }
    const trace = await profile('trace', 'trace.json');
    expect(trace).toEqual({ code: 0, text: `Trace written to ${file('trace.json')}\n` });
    expect(JSON.parse(readFileSync(file('trace.json'), 'utf8'))).toHaveProperty('traceEvents');
  });

  test('other forms, the past, and other targets', async () => {
    const [node] = (await (await fetch(`${agent.url}/v1/nodes`)).json()) as readonly { readonly ID: string }[];
    const asked: readonly (readonly [kind: string, name: string, args: readonly string[], shows: RegExp])[] = [
      ['goroutine', 'a.txt', ['-format=collapsed', '-server-id=leader', '-top=0'], /^\[(libuv|task|thread)\];/],
      ['goroutine', 'a.json', ['-format=speedscope', `-node-id=${node?.ID.slice(0, 8)}`], /"name":"goroutine"/],
      ['heap', 'a.html', ['-format=html'], /<title>heap: inuse_space/],
      ['cpu', 'a.cpuprofile', ['-format=cpuprofile'], /^\{"nodes":\[\{"id":1/],
      ['cpu', 'past.txt', ['-format=collapsed', '-since=1m'], /^\[main\];/],
    ];
    const outcomes = await Promise.all(asked.map(([kind, name, args]) => profile(kind, name, ...args)));
    for (const [i, [, name, , shows]] of asked.entries()) {
      expect(outcomes[i]).toMatchObject({
        code: 0,
        text: expect.stringContaining(`Profile written to ${file(name)}\n`),
      });
      expect(readFileSync(file(name), 'utf8')).toMatch(shows);
    }
    expect(outcomes[0]?.text).not.toContain('functions');
  });

  test('what is wrong is said, and no file is touched', async () => {
    writeFileSync(file('mine'), 'mine');
    const refused: readonly (readonly [kind: string, name: string, args: readonly string[], message: string])[] = [
      ['heap', 'mine', [], `Destination file already exists: "${file('mine')}"\n`],
      ['heap', 'x', ['-node-id=ffff'], 'No node(s) with prefix or id "ffff" found\n'],
      [
        'heap',
        'x',
        ['-server-id=nope'],
        'Error taking profile: Unexpected response code: 500 (unknown Nomad server nope)\n',
      ],
      ['heap', 'x', ['-seconds=1'], 'flag provided but not defined: -seconds\n'],
      ['heap', 'x', ['-format=cpuprofile'], 'invalid format "cpuprofile": only a new CPU profile has it, not heap'],
      ['heap', 'x', ['-top=-1'], '-top must not be negative, got -1\n'],
      ['cpu', 'x', ['-since=1m', '-seconds=2'], '-since is of the past and takes no -seconds\n'],
    ];
    const outcomes = await Promise.all(refused.map(([kind, name, args]) => profile(kind, name, ...args)));
    expect(outcomes).toEqual(refused.map(([, , , message]) => ({ code: 1, text: expect.stringContaining(message) })));
    expect(readFileSync(file('mine'), 'utf8')).toBe('mine');
    expect(() => statSync(file('x'))).toThrow('ENOENT');
  });

  test('diff: what grew between two saved profiles, and as files that show it', async () => {
    await Promise.all(['before', 'after'].map((name) => profile('goroutine', `${name}.pb.gz`)));
    const [before, after] = [file('before.pb.gz'), file('after.pb.gz')];
    const diff = (...args: readonly string[]) => finished(steppe('profile', 'diff', ...args));
    const [shown, page, binary, other, lacking, format] = await Promise.all([
      diff(before, after),
      diff('-format=html', `-o=${file('diff.html')}`, before, after),
      diff(`-o=${file('diff.pb.gz')}`, '-top=0', before, after),
      diff(before, file('heap.pb.gz')),
      diff(before),
      diff('-format=speedscope', before, after),
    ]);
    expect(shown).toEqual({
      code: 0,
      text: expect.stringMatching(/^goroutine: \d+ and [+-]\d+, \d+ of \d+ functions\n/),
    });
    expect(page.text).toMatch(/^Difference written to \S+diff\.html\ngoroutine: /);
    expect(readFileSync(file('diff.html'), 'utf8')).toContain('<title>difference: goroutine');
    expect(binary).toEqual({ code: 0, text: `Difference written to ${file('diff.pb.gz')}\n` });
    expect(decodePprof(readFileSync(file('diff.pb.gz'))).comments[0]).toMatch(/^difference to a profile of 20/);
    expect(other).toEqual({
      code: 1,
      text: expect.stringMatching(/^profiles of different kinds cannot be compared: /),
    });
    expect(lacking).toMatchObject({ code: 1, text: expect.stringContaining('takes two arguments: <before> <after>') });
    expect(format.text).toMatch(/^-format must be one of pprof, collapsed, html, got "speedscope"\n/);
    expect((await diff(file('mine'), after)).text).toMatch(
      /^Error reading \S+mine: not a profile in the format of pprof: /,
    );
  });
});
