import { describe, expect, test } from '@jest/globals';
import { finished, steppe } from './built-agent.js';

const simulate = (...args: readonly string[]) => finished(steppe('gossip', 'simulate', ...args));

/** What it wrote to its output alone; the real time goes elsewhere. */
async function outputOf(...args: readonly string[]): Promise<string> {
  const program = steppe('gossip', 'simulate', ...args);
  expect(await program.exit).toBe(0);
  expect(program.stderr).toMatch(/^real time \d+\.\d\ds\n$/);
  return program.stdout;
}

describe('steppe gossip simulate', () => {
  test('reports on a pool of fifty, the same to the byte from the same seed', async () => {
    const flags = ['-nodes=50', '-seed=7', '--loss', '5%', '-partition=30%:70%@2s+5s', '-kill=2@12s', '-events=3'];
    const runs = [[], [], ['-seed=8'], ['-json'], ['-json']].map((more) =>
      outputOf(...flags, '-duration=50s', ...more),
    );
    const [first = '', second, other, json = '', sameJson] = await Promise.all(runs);
    expect(first).toMatch(
      /^Members +50, seed 7, 50\.00s of virtual time\nStart +established pool\nKilled +2: seen failed by/,
    );
    expect(first).toMatch(/\nDetection, first +min \d/);
    expect(first).toMatch(/\nLive members declared failed +0, seen 0 times; expected 0\n/);
    expect(first).toMatch(/\nWhole again after a partition +after \d/);
    expect(first).toMatch(/\nEvents +3, missed 0, repeated 0\n/);
    expect(second).toBe(first);
    expect(other).not.toBe(first);
    expect(JSON.parse(json)).toMatchObject({ nodes: 50, seed: 7, start: 'established pool', killed: 2 });
    expect(sameJson).toBe(json);
  });

  test('says what is not detected yet, with the timing that agents have by default', async () => {
    const text = await outputOf('-nodes=10', '-kill=1@10s', '-duration=12s');
    expect(text).toMatch(/\nKilled +1: seen failed by everybody 0, by some 0, not yet detected 1\n/);
    expect(text).toMatch(/\nDetection, first +not yet detected, 2\.00s after the end of the members\n/);
    expect(await outputOf('-nodes=10', '-kill=1@10s', '-duration=12s', '-profile=server')).toBe(text);
  });

  test('-join-storm begins with members that all join at once', async () => {
    const text = await outputOf('-nodes=10', '-join-storm', '-duration=5s');
    expect(text).toMatch(/\nStart +join storm\nEverybody sees everybody +after \d/);
    expect(text).toMatch(/\nPer member and second, joining +\d/);
  });

  test('-json tells of a pool that was cut in two and came together again', async () => {
    const report = JSON.parse(await outputOf('-nodes=6', '-partition=2:4@5s+20s', '-duration=2m', '--json'));
    expect(report).toMatchObject({ nodes: 6, seed: 1, killed: 0, falseDeaths: 0, healedMs: [expect.any(Number)] });
    expect(report.cutOffReports).toBeGreaterThan(0);
  });

  test.each([
    [['-loss=7x'], 'invalid value "7x" for flag -loss: must be a share such as 5% or 0.05'],
    [['-loss=150%'], 'invalid value "150%" for flag -loss: must be a share'],
    [['-nodes=1'], 'invalid value "1" for flag -nodes: must be from 2 to 2000'],
    [['-nodes=many'], 'invalid value "many" for flag -nodes: parse error'],
    [['-latency=fast'], 'invalid value "fast" for flag -latency: time: invalid duration "fast"'],
    [['-nodes=10', '-partition=9:9@1s+1s'], 'invalid value "9:9@1s+1s" for flag -partition: the two sides'],
    [['-nodes=10', '-partition=half'], 'invalid value "half" for flag -partition: must be A:B@START+LENGTH'],
    [['-nodes=10', '-kill=8'], 'invalid value "8" for flag -kill: must name 1 to 7 members'],
    [['-slow=1:x'], 'invalid value "1:x" for flag -slow: time: invalid duration "x"'],
    [['-profile=moon'], 'invalid value "moon" for flag -profile: there is server, lan, wan, local'],
  ])('%p is refused in one sentence', async (flags, sentence) => {
    const { code, text } = await simulate(...flags);
    expect(text).toContain(sentence);
    expect(code).toBe(1);
  });
});
