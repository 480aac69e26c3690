#!/usr/bin/env node
import { runAgentCommand } from '@steppe/agent';
import { createWorkerAgent } from './create-worker-agent.js';

// The worker is a client, so it need not be told: `steppe-worker -servers=HOST:PORT -data-dir=DIR`.
process.exit(
  await runAgentCommand(['-client', ...process.argv.slice(2)], process, (config, host) =>
    createWorkerAgent({ config, host }),
  ),
);
