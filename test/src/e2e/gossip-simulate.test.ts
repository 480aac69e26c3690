import { describe, expect, test } from '@jest/globals';
import { finished, steppe } from './built-agent.js';

const simulate = (...args: readonly string[]) => finished(steppe('gossip', 'simulate', ...args));
const withoutRealTime = (text: string): string => text.replace(/^Real time.*$|"realMs": \d+/m, '');

describe('steppe gossip simulate', () => {
  test('reports detection, events and traffic of a small pool, the same from the same seed', async () => {
    const flags = ['-nodes=10', '-seed=7', '--loss', '5%', '-kill=1@5s', '-events=3', '-duration=40s'];
    const [first, second, other] = await Promise.all([
      simulate(...flags),
      simulate(...flags),
      simulate(...flags, '-seed=8'),
    ]);
    expect(first.text).toMatch(/^Members +10, seed 7, 40\.00s of virtual time\nEverybody sees everybody +after \d/);
    expect(first.text).toMatch(/\nKilled +1, of them not seen failed by everybody 0\nDetection, first +min \d/);
    expect(first.text).toMatch(/\nLive members declared failed +0, seen 0 times\n/);
    expect(first.text).toMatch(/\nEvents +3, missed 0, repeated 0\n/);
    expect(first.code).toBe(0);
    expect(withoutRealTime(second.text)).toBe(withoutRealTime(first.text));
    expect(withoutRealTime(other.text)).not.toBe(withoutRealTime(first.text));
  });

  test('-json tells of a pool that was cut in two and came together again', async () => {
    const { code, text } = await simulate('-nodes=6', '-partition=2:4@5s+20s', '-duration=2m', '--json');
    expect(code).toBe(0);
    const report = JSON.parse(text);
    expect(report).toMatchObject({ nodes: 6, seed: 1, killed: 0, falseDeaths: 0, healedMs: [expect.any(Number)] });
    expect(report.cutOffReports).toBeGreaterThan(0);
  });

  test.each([
    [['-loss=7x'], 'invalid value "7x" for flag -loss: must be a share such as 5% or 0.05'],
    [['-loss=150%'], 'invalid value "150%" for flag -loss: must be a share'],
    [['-nodes=1'], 'invalid value "1" for flag -nodes: must be from 2 to 5000'],
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
