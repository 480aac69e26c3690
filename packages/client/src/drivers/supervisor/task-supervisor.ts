// Runs as a process of its own beside each task, so that neither its output nor its exit code is lost when the agent restarts.
import { supervise } from './supervise.js';
import type { SupervisedCommand, SupervisorReport } from './supervised-command.js';

// What ends the agent is no reason to end the tasks.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGPIPE'] as const) process.on(signal, () => undefined);

let text = '';
for await (const chunk of process.stdin) text += String(chunk);
await supervise(JSON.parse(text) as SupervisedCommand, (report: SupervisorReport) => {
  if (process.send === undefined || !process.connected) return;
  process.send(report, () => {
    if (process.connected) process.disconnect();
  });
});
process.exit(0);
