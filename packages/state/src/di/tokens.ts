import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type StateStore = core.StateStore;
export const StateStore = token<core.StateStore>('@steppe/state/StateStore');

/** The built-in store, for wrapping. */
export const DefaultStateStore = token<core.StateStore>('@steppe/state/DefaultStateStore');

/** Where the state is kept: bound by the assembly. */
export type StateOptions = core.StateOptions;
export const StateOptions = token<core.StateOptions>('@steppe/state/StateOptions');

/** Engine and leadership, made together from {@link StateOptions}. */
export type ServerState = core.ServerState;
export const ServerState = token<core.ServerState>('@steppe/state/ServerState');

export type StateEngine = core.StateEngine;
export const StateEngine = token<core.StateEngine>('@steppe/state/StateEngine');

/** Contribution point: a declared table. Two of one name stop the start. */
export type StateTable = core.Table;
export const StateTable = token<core.Table>('@steppe/state/StateTable');

/** The built-in leadership, for wrapping. */
export type DefaultLeadership = core.ServerState['leadership'];
export const DefaultLeadership = token<core.ServerState['leadership']>('@steppe/state/DefaultLeadership');

export type Leadership = core.Leadership;
export const Leadership = token<core.Leadership>('@steppe/state/Leadership');

export type SingleServerOptions = core.SingleServerOptions;
export const SingleServerOptions = token<core.SingleServerOptions>('@steppe/state/SingleServerOptions');
