import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

/** Contribution point: methods this agent answers. The key is the method's name. */
export type RpcContribution = core.RpcContribution;
export const RpcContribution = token<core.RpcContribution>('@steppe/rpc/RpcContribution');

/** Contribution point: methods a client agent answers on the connection it keeps to a server. The key is the method's name. */
export type ReverseRpcContribution = core.RpcContribution;
export const ReverseRpcContribution = token<core.RpcContribution>('@steppe/rpc/ReverseRpcContribution');

export type RpcClient = core.RpcClient;
export const RpcClient = token<core.RpcClient>('@steppe/rpc/RpcClient');

export type RpcServer = core.RpcServer;
export const RpcServer = token<core.RpcServer>('@steppe/rpc/RpcServer');

/** The client agents that a server can call. */
export type ReverseSessions = core.ReverseSessions;
export const ReverseSessions = token<core.ReverseSessions>('@steppe/rpc/ReverseSessions');

/** What a client agent keeps to be called. */
export type ReverseLink = core.ReverseLink;
export const ReverseLink = token<core.ReverseLink>('@steppe/rpc/ReverseLink');

/** Who this agent is to its peers, read for each connection. */
export type RpcSelf = () => core.RpcIdentity;
export const RpcSelf = token<() => core.RpcIdentity>('@steppe/rpc/RpcSelf');

/** The node of a client agent on its reverse link, read for each connection; `undefined` until it has one. */
export type ReverseSelf = () => core.ReverseNode | undefined;
export const ReverseSelf = token<() => core.ReverseNode | undefined>('@steppe/rpc/ReverseSelf');

/** What nodes prove themselves with to this server. */
export type NodeKeys = core.NodeKeys;
export const NodeKeys = token<core.NodeKeys>('@steppe/rpc/NodeKeys');

/** RPC addresses of the servers that a client agent may keep its reverse link to, best first. */
export type ReverseServers = () => readonly string[];
export const ReverseServers = token<() => readonly string[]>('@steppe/rpc/ReverseServers');

export type RpcSecurity = core.RpcSecurity;
export const RpcSecurity = token<core.RpcSecurity>('@steppe/rpc/RpcSecurity');

export type RpcServerOptions = core.RpcServerOptions;
export const RpcServerOptions = token<core.RpcServerOptions>('@steppe/rpc/RpcServerOptions');

export type ReverseLinkOptions = core.ReverseLinkOptions;
export const ReverseLinkOptions = token<core.ReverseLinkOptions>('@steppe/rpc/ReverseLinkOptions');

export type RpcClientOptions = core.RpcClientOptions;
export const RpcClientOptions = token<core.RpcClientOptions>('@steppe/rpc/RpcClientOptions');
