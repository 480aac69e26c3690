import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

/** Contribution point: methods this agent answers. The key is the method's name. */
export type RpcContribution = core.RpcContribution;
export const RpcContribution = token<core.RpcContribution>('@steppe/rpc/RpcContribution');

export type RpcClient = core.RpcClient;
export const RpcClient = token<core.RpcClient>('@steppe/rpc/RpcClient');

export type RpcServer = core.RpcServer;
export const RpcServer = token<core.RpcServer>('@steppe/rpc/RpcServer');

export type RpcServerOptions = core.RpcServerOptions;
export const RpcServerOptions = token<core.RpcServerOptions>('@steppe/rpc/RpcServerOptions');
