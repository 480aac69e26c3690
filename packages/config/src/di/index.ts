export { configModule } from './module.js';
export { AgentConfig } from './tokens.js';
