import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

/** Who this agent is. */
export type AgentIdentity = core.AgentIdentity;
export const AgentIdentity = token<core.AgentIdentity>('@steppe/agent/AgentIdentity');

/** What this process gives the agent: its environment, its output, the way to read its configuration again. */
export type AgentHost = core.AgentHost;
export const AgentHost = token<core.AgentHost>('@steppe/agent/AgentHost');

/** Contribution point: operations of the HTTP API. */
export type HttpRouteContribution = core.HttpRouteContribution;
export const HttpRouteContribution = token<core.HttpRouteContribution>('@steppe/agent/HttpRouteContribution');

/** Contribution point: middleware and routes on the Express app. */
export type ExpressContribution = core.ExpressContribution;
export const ExpressContribution = token<core.ExpressContribution>('@steppe/agent/ExpressContribution');

/** Contribution point: conditions for a role's health. */
export type HealthCheck = core.HealthCheck;
export const HealthCheck = token<core.HealthCheck>('@steppe/agent/HealthCheck');

/** Contribution point: sections of the statistics in `GET /v1/agent/self`. */
export type StatsSection = core.StatsSection;
export const StatsSection = token<core.StatsSection>('@steppe/agent/StatsSection');

/** Contribution point: parts that take over a reloaded configuration. */
export type Reloadable = core.Reloadable;
export const Reloadable = token<core.Reloadable>('@steppe/agent/Reloadable');

/** Replaceable: status and text of every failure. */
export type HttpErrorMapper = core.HttpErrorMapper;
export const HttpErrorMapper = token<core.HttpErrorMapper>('@steppe/agent/HttpErrorMapper');

/** Replaceable: the built-in mapper, for wrapping. */
export const DefaultHttpErrorMapper = token<core.HttpErrorMapper>('@steppe/agent/DefaultHttpErrorMapper');

/** Replaceable: what this agent can tell of the cluster. */
export type ClusterView = core.ClusterView;
export const ClusterView = token<core.ClusterView>('@steppe/agent/ClusterView');

/** Replaceable: which agent a request names. */
export type TargetResolver = core.TargetResolver;
export const TargetResolver = token<core.TargetResolver>('@steppe/agent/TargetResolver');

/** The composed agent: the root of the container. */
export type Agent = core.Agent;
export const Agent = token<core.Agent>('@steppe/agent/Agent');

/** Where other agents reach this one. */
export type AgentAddresses = core.AgentAddresses;
export const AgentAddresses = token<core.AgentAddresses>('@steppe/agent/AgentAddresses');
