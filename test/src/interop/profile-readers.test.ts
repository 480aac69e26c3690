import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodePprof, flameGraphPage } from '@steppe/profiling';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuiltAgent } from '../e2e/built-agent.js';
import { startBuiltAgent, whileAsked } from '../e2e/built-agent.js';
import { CHROMIUM, describeWith, GO_WITH_PPROF } from './describe-with-program.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'steppe-readers-'));
let agent: BuiltAgent;
beforeAll(async () => {
  agent = await startBuiltAgent('-node=alder');
});
afterAll(async () => {
  agent.program.kill('SIGINT');
  await agent.program.exit;
  rmSync(folder, { recursive: true });
});

async function saved(path: string, extension = ''): Promise<string> {
  const response = await fetch(agent.url + path);
  expect(response.status).toBe(200);
  const file = join(folder, `${path.replace(/\W/g, '_')}${extension}`);
  writeFileSync(file, Buffer.from(await response.arrayBuffer()));
  return file;
}

describeWith(GO_WITH_PPROF)('go tool pprof', () => {
  const pprof = async (...args: readonly string[]): Promise<string> =>
    (await run(GO_WITH_PPROF ?? '', ['tool', 'pprof', ...args], { env: { ...process.env, PPROF_TMPDIR: folder } }))
      .stdout;

  // Newer versions of Go build the tool when it is first asked for.
  beforeAll(() => pprof('-h').catch(() => undefined), 240_000);

  test('row 61: reads a CPU profile of a busy agent, by functions and lines of its TypeScript', async () => {
    const file = await whileAsked(agent, () => saved('/v1/agent/pprof/profile?seconds=1'));
    const [top, raw] = await Promise.all([pprof('-top', '-cum', '-nodecount=500', file), pprof('-raw', file)]);
    expect(top).toMatch(/^File: steppe$/m);
    expect(top).toMatch(/^Type: cpu$/m);
    expect(top).toMatch(/^Duration: 1\.\d+s, Total samples = /m);
    expect(raw).toMatch(/^samples\/count cpu\/nanoseconds\n/m);
    expect(raw).toMatch(/^Period: 10000000$/m);
    expect(raw).toMatch(/thread:\[main\]/);
    expect(raw).toMatch(/ packages\/agent\/src\/http\/\S+\.ts:\d+/);
    expect(raw).not.toContain('dist/bundle');
    // What go makes of the file is what we make of it.
    const ours = decodePprof(readFileSync(file)).samples.reduce((sum, { values }) => sum + (values[1] ?? 0), 0);
    const theirs = /Total samples = ([\d.]+)(ms|s)/.exec(top);
    expect(Number(theirs?.[1]) * (theirs?.[2] === 's' ? 1e9 : 1e6)).toBeCloseTo(ours, -7);
  });

  test('rows 67, 68, 71, 73: reads every profile, with its types and the one shown first', async () => {
    const four = 'alloc_objects/count alloc_space/bytes inuse_objects/count inuse_space/bytes';
    const contentions = 'contentions/count delay/nanoseconds';
    const expected = {
      heap: ['inuse_space', four],
      allocs: ['alloc_space', four.replace('alloc_space/bytes', 'alloc_space/bytes[dflt]')],
      goroutine: ['goroutine', 'goroutine/count'],
      threadcreate: ['threadcreate', 'threadcreate/count'],
      block: ['delay', contentions],
      mutex: ['delay', contentions],
    };
    const read = Object.keys(expected).map(async (name) => {
      const file = await saved(`/v1/agent/pprof/${name}`);
      const [top, raw] = [await pprof('-top', file), await pprof('-raw', file)];
      return [name, [/^Type: (.*)$/m.exec(top)?.[1], /^Samples:\n(.*)$/m.exec(raw)?.[1]]];
    });
    expect(Object.fromEntries(await Promise.all(read))).toEqual(expected);
  });

  test('row 71: reads the text form of goroutine', async () => {
    const file = await saved('/v1/agent/pprof/goroutine?debug=1');
    expect(await pprof('-top', file)).toMatch(/^Type: goroutine$/m);
  });

  test('fetches a profile itself', async () => {
    const text = await pprof('-top', `${agent.url}/v1/agent/pprof/heap`);
    expect(text).toMatch(/^Type: inuse_space$/m);
  });
});

describeWith(CHROMIUM)('the flame graph page in Chromium', () => {
  /** The page after its script has run. */
  const shown = async (file: string, view: string): Promise<string> => {
    const flags = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${mkdtempSync(join(folder, 'chromium-'))}`,
    ];
    const page = [`--virtual-time-budget=2000`, '--dump-dom', `file://${file}#${view}`];
    return (await run(CHROMIUM ?? '', [...flags, ...page], { maxBuffer: 16_777_216 })).stdout;
  };
  const PROFILE = {
    sampleTypes: [{ type: 'cpu', unit: 'nanoseconds' }],
    periodType: { type: 'cpu', unit: 'nanoseconds' },
    period: 1,
    timeMs: 0,
    durationMs: 1_000,
    comments: [],
    samples: [
      { stack: [frame('hot'), frame('serve')], values: [750_000_000] },
      { stack: [frame('cold'), frame('serve')], values: [250_000_000] },
    ],
  };
  function frame(functionName: string) {
    return { functionName, file: 'src/a.ts', line: 7 };
  }

  test('draws what there is, finds a function with its share, and zooms in with the way back kept', async () => {
    const file = join(folder, 'flame.html');
    writeFileSync(file, flameGraphPage(PROFILE, 'profile'));
    const [all, zoomed] = await Promise.all([shown(file, 'search=hot'), shown(file, 'zoom=0.1')]);
    expect(all).toContain('Matched: 75.00%');
    expect(all).toMatch(/class="match"[^>]*>hot</);
    for (const name of ['all', 'serve', 'cold']) expect(all).toMatch(new RegExp(`role="treeitem"[^>]*>${name}<`));
    expect(all.match(/class="match"/g)).toHaveLength(1);
    expect(zoomed).not.toMatch(/role="treeitem"[^>]*>hot</);
    expect(zoomed).toMatch(/class=" outer"[^>]*>serve</);
    expect(zoomed).toMatch(/<output id="details">cold src\/a\.ts:7 \(25\.00%, 0\.250 s\)</);
  });

  test('opens what an agent makes', async () => {
    const dom = await shown(await saved('/v1/agent/pprof/goroutine?format=html', '.html'), 'search=libuv');
    expect(dom).toMatch(/Matched: [1-9]\d*\.\d\d%/);
  });
});
