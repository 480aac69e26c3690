import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { startDevAgent } from '../api/test-agent.js';
import { permissionTable } from './permissions.js';

test('the documented table of rights is the one that is in force', async () => {
  const started = await startDevAgent();
  await started.stop();
  const documented = readFileSync(new URL('../../../docs/permissions.md', import.meta.url), 'utf8');
  expect(documented).toContain(permissionTable(started.agent.routes));
});
