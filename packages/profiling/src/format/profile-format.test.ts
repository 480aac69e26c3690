import { describe, expect, test } from '@jest/globals';
import type { Profiler } from 'node:inspector';
import { SourcePositions } from '../stack/source-positions.js';
import { keepBusy, newTestProfiler } from '../testing/test-profiler.js';
import { SAMPLE_PROFILE, frame } from '../testing/sample-profile.js';
import { collapsedStacks } from './collapsed-stacks.js';
import { flameGraphPage } from './flame-graph-page.js';
import { flameTree } from './flame-tree.js';
import { formatProfile, parseProfileFormat } from './profile-format.js';
import { speedscopeFile } from './speedscope-file.js';
import { v8CpuProfile } from './v8-cpu-profile.js';

describe('formats', () => {
  test('the names are known, and any other is refused by name', () => {
    expect(parseProfileFormat('html')).toBe('html');
    expect(() => parseProfileFormat('svg')).toThrow(
      'invalid format "svg": it must be one of pprof, collapsed, cpuprofile, html, speedscope',
    );
  });

  test('collapsed: one line per stack, outermost frame first, with the value shown first', () => {
    expect(collapsedStacks(SAMPLE_PROFILE)).toBe(
      [
        '[main];serve src/b.ts:2;hot src/a.ts:7 30\n',
        '[main];serve src/b.ts:4 10\n',
        '[worker 1];hot src/a.ts:7 20\n',
      ].join(''),
    );
  });

  test('collapsed: equal stacks are one line, and names cannot make lines or frames', () => {
    const samples = [1, 2].map((value) => ({ stack: [frame('a;b\nc', '', 0)], values: [value, value] }));
    expect(collapsedStacks({ ...SAMPLE_PROFILE, samples })).toBe('a_b_c 3\n');
  });

  test('speedscope: one profile per thread over shared frames, weights that add up', () => {
    const file = speedscopeFile(SAMPLE_PROFILE, 'profile');
    expect(file.shared.frames).toEqual([
      { name: 'serve', file: 'src/b.ts', line: 2 },
      { name: 'hot', file: 'src/a.ts', line: 7 },
      { name: 'serve', file: 'src/b.ts', line: 4 },
    ]);
    const common = { type: 'sampled', unit: 'nanoseconds', startValue: 0 };
    expect(file.profiles).toEqual([
      { ...common, name: 'main', endValue: 40, samples: [[0, 1], [2]], weights: [30, 10] },
      { ...common, name: 'worker 1', endValue: 20, samples: [[1]], weights: [20] },
    ]);
  });

  test('speedscope: an empty profile still is one', () => {
    const { profiles } = speedscopeFile({ ...SAMPLE_PROFILE, samples: [] }, 'block');
    expect(profiles).toMatchObject([{ name: 'block', samples: [], weights: [], endValue: 0 }]);
  });

  test.each([
    ['pprof', 'binary', 'heap'],
    ['collapsed', 'text', undefined],
    ['speedscope', 'binary', 'heap.speedscope.json'],
    ['html', 'html', undefined],
  ] as const)('%s is %s named %s', async (format, contentKind, filename) => {
    const { bytes, ...rest } = await formatProfile(SAMPLE_PROFILE, format, 'heap');
    expect(bytes.length).toBeGreaterThan(50);
    expect(rest).toEqual(filename === undefined ? { contentKind } : { contentKind, filename });
  });
});

describe('cpuprofile', () => {
  test('is V8’s own, in places of the source', () => {
    const callFrame = {
      functionName: 'f',
      url: 'file:///app/dist/a.js',
      scriptId: '1',
      lineNumber: 4,
      columnNumber: 2,
    };
    const native = { functionName: '(root)', url: '', scriptId: '0', lineNumber: -1, columnNumber: -1 };
    const profile: Profiler.Profile = {
      startTime: 1,
      endTime: 9,
      samples: [2, 2],
      timeDeltas: [3, 4],
      nodes: [
        { id: 1, callFrame: native, children: [2] },
        { id: 2, callFrame, hitCount: 2, positionTicks: [{ line: 6, ticks: 2 }] },
      ],
    };
    const findSourceMap = () => ({
      findEntry: (line: number) => ({
        generatedLine: line,
        originalSource: 'file:///app/src/a.ts',
        originalLine: line * 10,
      }),
    });
    expect(v8CpuProfile(profile, new SourcePositions({ findSourceMap, installPrefix: '/app/' }))).toEqual({
      ...profile,
      nodes: [
        { id: 1, callFrame: native, children: [2] },
        {
          id: 2,
          callFrame: { ...callFrame, url: 'src/a.ts', lineNumber: 40, columnNumber: 0 },
          hitCount: 2,
          positionTicks: [{ line: 51, ticks: 2 }],
        },
      ],
    });
  });

  test('of this process: its samples refer to its nodes, and the hot function is among them', async () => {
    const { profiler } = newTestProfiler();
    const stop = keepBusy();
    const { bytes, ...rest } = await profiler.profile({ seconds: 0.2, format: 'cpuprofile' });
    stop();
    expect(rest).toEqual({ contentKind: 'binary', filename: 'profile.cpuprofile' });
    const { nodes, samples = [], timeDeltas = [] } = JSON.parse(Buffer.from(bytes).toString()) as Profiler.Profile;
    const ids = new Set(nodes.map(({ id }) => id));
    expect(samples.length).toBeGreaterThan(5);
    expect(timeDeltas).toHaveLength(samples.length);
    expect(samples.every((id) => ids.has(id))).toBe(true);
    const hot = nodes.find(({ callFrame }) => callFrame.functionName === 'burnInHotFunction');
    expect(hot?.callFrame.url).toMatch(/test-profiler\.ts$/);
  });

  test.each(['heap', 'goroutine'])('of %s there is none', async (name) => {
    await expect(newTestProfiler().profiler.lookup(name, { format: 'cpuprofile' })).rejects.toMatchObject({
      code: 'PROFILE_FORMAT_INVALID',
      message: `invalid format "cpuprofile": only a new CPU profile has it, not ${name}`,
    });
  });

  test('a text form and a format exclude each other', async () => {
    await expect(newTestProfiler().profiler.lookup('block', { format: 'html', debug: 1 })).rejects.toThrow(
      'format and debug exclude each other',
    );
  });
});

describe('flame graph', () => {
  const named = ({ root, frames }: ReturnType<typeof flameTree>): unknown => {
    const show = ([number, value, growth, children]: typeof root): unknown => [
      frames[number]?.functionName,
      value,
      growth,
      children.map(show),
    ];
    return show(root);
  };

  test('the tree adds up, biggest first', () => {
    expect(named(flameTree(SAMPLE_PROFILE))).toEqual([
      'all',
      60,
      0,
      [
        [
          '[main]',
          40,
          0,
          [
            ['serve', 30, 0, [['hot', 30, 0, []]]],
            ['serve', 10, 0, []],
          ],
        ],
        ['[worker 1]', 20, 0, [['hot', 20, 0, []]]],
      ],
    ]);
  });

  test('compared: boxes are as wide as the larger side, and growth may be negative', () => {
    const [both, own] = SAMPLE_PROFILE.samples;
    if (both === undefined || own === undefined) throw new Error('the sample profile has two samples of main');
    const base = { ...SAMPLE_PROFILE, samples: [{ ...both, values: [5, 50] }] };
    const profile = { ...SAMPLE_PROFILE, samples: [both, own] };
    expect(named(flameTree(profile, base))).toEqual([
      'all',
      60,
      -10,
      [
        [
          '[main]',
          60,
          -10,
          [
            ['serve', 50, -20, [['hot', 50, -20, []]]],
            ['serve', 10, 10, []],
          ],
        ],
      ],
    ]);
  });

  test('what would not be seen is left out and counted', () => {
    const small = { stack: [frame('tiny')], values: [1, 0.001] };
    const { hidden } = flameTree({ ...SAMPLE_PROFILE, samples: [...SAMPLE_PROFILE.samples, small] });
    expect(hidden).toBe(1);
  });

  test('no name can get out of the page’s data', () => {
    const name = '</script><script>alert(1)</script><!--';
    const samples = [{ stack: [frame(name, '<img src=x>', 1)], values: [1, 1] }];
    const page = flameGraphPage({ ...SAMPLE_PROFILE, samples, comments: [name] }, name);
    expect(page.match(/<script/g)).toHaveLength(2);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('alert(1)</');
    const data = /<script type="application\/json" id="profile">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
    expect((JSON.parse(data) as { frames: unknown[] }).frames).toContainEqual([name, '<img src=x>', 1]);
  });

  test('needs nothing from anywhere', () => {
    expect(flameGraphPage(SAMPLE_PROFILE, 'profile')).not.toMatch(/https?:|src=|href=|@import|url\(/);
  });
});
