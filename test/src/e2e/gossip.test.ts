import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import type { Program } from '@steppe/testing';
import { eventually, ownLoopbackHost, SerfAgent } from '@steppe/testing';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithSerf } from '../interop/describe-with-serf.js';
import { finished, steppe } from './built-agent.js';

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'steppe-gossip-'));
const programs: Program[] = [];
const agents: SerfAgent[] = [];
afterEach(async () => {
  for (const program of programs) program.kill('SIGKILL');
  await Promise.all([...programs.splice(0).map(({ exit }) => exit), ...agents.splice(0).map((agent) => agent.kill())]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A built server agent with a data folder, as a user configures one. */
function configFile(name: string, host: string, text: string): string {
  const path = join(folder, `${name}.hcl`);
  writeFileSync(
    path,
    `name = "${name}"
     region = "${name}"
     bind_addr = "${host}"
     advertise { http = "${host}" rpc = "${host}" serf = "${host}" }
     data_dir = "${join(folder, name)}"
     leave_on_interrupt = true
     server {
       enabled = true
       bootstrap_expect = 1
       ${text}
     }`,
  );
  return path;
}

async function start(name: string, host: string, text = ''): Promise<Program> {
  const program = steppe('agent', `-config=${configFile(name, host, text)}`);
  programs.push(program);
  await program.waitFor('==> Steppe agent started!');
  return program;
}

const cli = async (host: string, ...words: readonly string[]): Promise<string> => {
  const command = words.filter((word) => !word.startsWith('-') && !word.includes('='));
  const flags = words.filter((word) => word.startsWith('-'));
  const { code, text } = await finished(steppe(...command, `-address=http://${host}:4646`, ...flags));
  expect({ code, text }).toMatchObject({ code: 0 });
  return text;
};

const statusesAt = async (host: string): Promise<string> =>
  cli(host, 'server', 'members', '-t={{range .}}{{.Name}} {{.Status}};{{end}}');

describe('built servers of several regions', () => {
  test('find each other by their configuration, rotate keys, fail, return and leave', async () => {
    const [key] = (await finished(steppe('operator', 'gossip', 'keyring', 'generate'))).text.split('\n');
    const [one, two] = [ownLoopbackHost(), ownLoopbackHost()];
    const first = await start('one', one, `encrypt = "${key}"`);
    const joins = `encrypt = "${key}"
      server_join { retry_join = ["${one}"] retry_interval = "2s" }`;
    const second = await start('two', two, joins);
    await eventually(15_000, async () => expect(await statusesAt(one)).toBe('one.one alive;two.two alive;\n'));

    expect(await cli(one, 'operator', 'gossip', 'keyring', 'list')).toBe(
      `Gathering installed encryption keys...\nKey\n${key}\n`,
    );
    const rotated = /^All 2 members use the new key:\n(\S+)\n$/m.exec(
      await cli(two, 'operator', 'gossip', 'keyring', 'rotate'),
    )?.[1];
    for (const name of ['one', 'two']) {
      expect(JSON.parse(readFileSync(join(folder, name, 'server', 'serf.keyring'), 'utf8'))).toEqual([rotated]);
    }

    second.kill('SIGKILL');
    await second.exit;
    await eventually(30_000, async () => expect(await statusesAt(one)).toBe('one.one alive;two.two failed;\n'));
    expect(await cli(one, 'server', 'suspicions')).toMatch(/two\.two +\S+ +one\.one +- +died/);

    // With its old key in the configuration the file counts; the snapshot and the join bring it back.
    const third = await start('two', two, joins);
    await third.waitFor('WARNING: keyring exists but -encrypt given, using keyring');
    await eventually(30_000, async () => expect(await statusesAt(one)).toBe('one.one alive;two.two alive;\n'));
    third.kill('SIGINT');
    expect(await third.exit).toBe(0);
    await eventually(15_000, async () => expect(await statusesAt(one)).toBe('one.one alive;two.two left;\n')).catch(
      (cause: unknown) => {
        throw new Error(`${first.output.slice(-4_000)}\n${third.output.slice(-4_000)}`, { cause });
      },
    );
  });

  test('an agent that cannot join what it must ends with exit code 1 and the cause', async () => {
    const [host, nobody] = [ownLoopbackHost(), ownLoopbackHost()];
    const config = configFile('three', host, `server_join { start_join = ["${nobody}"] }`);
    const { code, text } = await finished(steppe('agent', `-config=${config}`));
    expect(code).toBe(1);
    expect(text).toContain(`==> failed to join ${nobody}:4648: dial tcp ${nobody}:4648: connect: connection refused\n`);

    const retries = configFile(
      'four',
      host,
      `server_join { retry_join = ["${nobody}"] retry_max = 2 retry_interval = "10ms" }`,
    );
    const exhausted = await finished(steppe('agent', `-config=${retries}`));
    expect(exhausted.code).toBe(1);
    expect(exhausted.text).toContain('==> no server could be joined in 2 attempts: ');
  });
});

describeWithSerf('a built server with an open pool', () => {
  test('takes a real serf agent in, and shows it as what it is', async () => {
    const host = ownLoopbackHost();
    await start('five', host, 'open_gossip_pool = true');
    const real = await SerfAgent.start('real');
    agents.push(real);
    await real.run('join', `${host}:4648`);
    await eventually(15_000, async () => expect(await statusesAt(host)).toBe('real alive;five.five alive;\n'));
    expect((await real.statuses())['five.five']).toBe('alive');
    expect(await (await fetch(`http://${host}:4646/v1/regions`)).json()).toEqual(['five']);
  });
});
