/**
 * The server app as a library: compose an agent, with modules of your own, and run it in your process.
 * @packageDocumentation
 */
export { createServerAgent } from './create-server-agent.js';
export type { ServerAgentOptions } from './create-server-agent.js';
