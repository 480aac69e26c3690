import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

/** The configuration the agent was started with. */
export type AgentConfig = core.AgentConfig;
export const AgentConfig = token<core.AgentConfig>('@steppe/config/AgentConfig');
