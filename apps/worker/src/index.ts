/**
 * The worker app as a library: compose a client agent, with modules of your own, and run it in your process.
 * @packageDocumentation
 */
export { createWorkerAgent } from './create-worker-agent.js';
export type { WorkerAgentOptions } from './create-worker-agent.js';
