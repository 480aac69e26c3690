#!/usr/bin/env node
import { runCli } from './cli/main-command.js';

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;
// Whoever read our output, such as `head`, has read enough.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const exitCode = await runCli(process.argv.slice(2), {
  writeOut: (text) => void process.stdout.write(text),
  isTerminal: process.stdout.isTTY,
  writeError: (text) => void process.stderr.write(text),
  written: () => new Promise((resolve) => process.stdout.write('', () => resolve())),
  onInterrupt: (callback) => {
    for (const signal of INTERRUPTS) process.on(signal, callback);
    return () => {
      for (const signal of INTERRUPTS) process.off(signal, callback);
    };
  },
  input: () => process.stdin,
  environment: process.env,
  // Loaded on demand: the other commands start without the agent.
  runAgentCommand: async (args) => {
    const [{ runAgentCommand }, { createServerAgent }] = await Promise.all([
      import('@steppe/agent'),
      import('./create-server-agent.js'),
    ]);
    return runAgentCommand(args, process, (config, host) => createServerAgent({ config, host }));
  },
});
// A pipe takes its time, and leaving does not wait for it.
await Promise.all([process.stdout, process.stderr].map((out) => new Promise((resolve) => out.write('', resolve))));
process.exit(exitCode);
