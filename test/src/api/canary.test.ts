import { expect, test } from '@jest/globals';
import { diskFiles, loadAgentConfig } from '@steppe/config';
import { secretOf, SPEC_TOKENS, startDevAgent } from './test-agent.js';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CANARY = 'cAnArY-5eCr3t';

/** Every setting that holds a secret, as an operator would write it. */
const CONFIGURATION = `
server { license_env = "${CANARY}" }
client {
  intro_token = "${CANARY}"
  meta { api_token = "${CANARY}" database_url = "postgres://u:${CANARY}@h/d" }
  options { "driver.secret" = "${CANARY}" }
}
acl { replication_token = "${CANARY}" }
consul { token = "${CANARY}" auth = "user:${CANARY}" }
consul { name = "second" token = "${CANARY}" }
vault { token = "${CANARY}" address = "https://u:${CANARY}@vault" }
telemetry { circonus_api_token = "${CANARY}" circonus_submission_url = "https://x:${CANARY}@trap" }
plugin "docker" { config { auth { password = "${CANARY}" } registry_secret = "${CANARY}" } }
keyring "awskms" { active = true config { secret_key = "${CANARY}" } }
audit { sink { password = "${CANARY}" } }
reporting { license { token = "${CANARY}" } }
http_api_response_headers { "X-Api-Key" = "visible-to-everybody-anyway" }
`;

/** Names of variables whose values must never be seen. */
const VARIABLES = [
  'NOMAD_TOKEN',
  'STEPPE_TOKEN',
  'VAULT_TOKEN',
  'CONSUL_HTTP_TOKEN',
  'CONSUL_HTTP_TOKEN_prod',
  'MY_SECRET',
  'SECRETS',
  'DB_PASSWORD',
  'PGPASSWORD',
  'API_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SESSION_TOKEN',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'NOMAD_LICENSE',
  'CONSUL_LICENSE_PATH',
  'SSH_PRIVATE_KEY',
  'SMTP_PASSWD',
  'NOMAD_CLIENT_INTRO_TOKEN',
];

/** Their very purpose is to show, to whoever may manage everything, the gossip keys and all state. */
const WHOLE = new Set(['/v1/agent/keyring/list', '/v1/operator/snapshot']);

test('no secret of the configuration, the environment or a request is in any reply or log line', async () => {
  const files = { ...diskFiles, isFolder: () => false, readFile: () => CONFIGURATION };
  const { config } = loadAgentConfig(
    {
      flags: {
        dev: true,
        config: ['secrets.hcl'],
        encrypt: Buffer.from(CANARY.padEnd(16).slice(0, 16)).toString('base64'),
      },
      environment: {},
    },
    { files, interfaces: () => [], cpuCount: 1 },
  );
  const {
    ports: _ports,
    advertise: _advertise,
    addresses: _addresses,
    files: _files,
    devMode: _devMode,
    ...settings
  } = config;
  const environment = {
    ...Object.fromEntries(VARIABLES.map((name) => [name, CANARY])),
    DATABASE_URL: `postgres://user:${CANARY}@db/prod`,
    REDIS: `redis://:${CANARY}@cache:6379/0`,
    SHOWN: 'yes',
  };
  // Named blocks of a whole configuration cannot be laid onto another one: they go in as they are.
  const agent = await startDevAgent({
    settings: { ...settings, consul: [], vault: [], plugin: [], keyring: [], logLevel: 'TRACE' },
    environment,
    tokens: SPEC_TOKENS,
  });
  const encryptKey = config.server.encrypt.reveal();
  const seen: string[] = [];
  const paths = agent.agent.routes.map(({ path }) => path.replace(/:id\+?/, 'x').replace(/\/\*$/, '/list'));
  const profiles = ['cmdline', 'goroutine?debug=1', 'goroutine?debug=2', 'heap?debug=1', 'threadcreate?debug=1'].map(
    (name) => `/v1/agent/pprof/${name}`,
  );
  for (const path of [...paths, ...profiles].filter(
    (candidate) => !candidate.startsWith('/v1/agent/monitor') && candidate !== '/v1/event/stream',
  )) {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      for (const token of ['root', CANARY]) {
        if (token === 'root' && WHOLE.has(path)) continue;
        const body = method === 'GET' ? {} : { body: `{"Key":"${CANARY}"}` };
        const reply = await agent.request(path, { method, token, ...body });
        seen.push(`${method} ${path} ${JSON.stringify([...reply.headers])} ${reply.text}`);
      }
    }
  }
  await agent.stop();
  seen.push(...agent.log);
  expect(seen.filter((text) => text.includes(CANARY) || text.includes(encryptKey))).toEqual([]);
  expect(seen.some((text) => text.includes('"SHOWN":"yes"'))).toBe(true);
  expect(agent.log.length).toBeGreaterThan(paths.length);
});

test('the configuration with every secret shows none of them', async () => {
  const files = { ...diskFiles, isFolder: () => false, readFile: () => CONFIGURATION };
  const { encodeAgentConfig } = await import('@steppe/config');
  const { encodeJson } = await import('@steppe/domain');
  const { config } = loadAgentConfig(
    { flags: { dev: true, config: ['secrets.hcl'] }, environment: {} },
    { files, interfaces: () => [], cpuCount: 1 },
  );
  const shown = encodeJson(encodeAgentConfig(config, { version: '1.0.0', metadata: '' }));
  expect(shown).not.toContain(CANARY);
  expect(shown.match(/<redacted>/g)?.length).toBeGreaterThan(12);
});

test('no secret of a token and no text of a policy is anywhere but where the API shows it to those who may see it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steppe-canary-'));
  const path = join(folder, 'audit.log');
  const agent = await startDevAgent({
    tokens: { ...SPEC_TOKENS, hidden: `# ${CANARY}\nagent { policy = "write" }` },
    settings: { logLevel: 'TRACE', auditLog: { enabled: true, path } },
  });
  const secrets = ['root', 'hidden', 'expired', ...Object.keys(SPEC_TOKENS)].map(secretOf);
  const oneTime = (await agent.request('/v1/acl/token/onetime', { method: 'PUT', token: 'hidden' })).json() as {
    OneTimeToken: { OneTimeSecretID: string };
  };
  secrets.push(oneTime.OneTimeToken.OneTimeSecretID);
  const seen: string[] = [];
  const shows = /^\/v1\/acl\/(?:token|policy)|^\/v1\/operator\/snapshot|^\/v1\/(?:agent\/monitor|event\/stream)$/;
  for (const route of agent.agent.routes) {
    const target = route.path.replace(/:\w+\+?/, 'hidden').replace(/\/\*$/, '/list');
    if (shows.test(target)) continue;
    for (const token of ['root', 'hidden', 'agent-read', 'unknown', 'expired']) {
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body =
          method === 'GET' ? {} : { body: JSON.stringify({ SecretID: secretOf('root'), Key: secretOf(token) }) };
        const reply = await agent.request(target, { method, token, ...body });
        seen.push(`${method} ${target} ${JSON.stringify([...reply.headers])} ${reply.text}`);
      }
    }
  }
  const list = await agent.request('/v1/acl/tokens', { token: 'root' });
  const policies = await agent.request('/v1/acl/policies', { token: 'root' });
  await agent.stop();
  seen.push(list.text, policies.text, ...agent.log, readFileSync(path, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
  for (const secret of [...secrets, CANARY]) expect(seen.filter((text) => text.includes(secret))).toEqual([]);
  expect(list.text).toContain('AccessorID');
  expect(seen.at(-1)).toContain('"Path":"/v1/acl/policy/hidden"');
});
