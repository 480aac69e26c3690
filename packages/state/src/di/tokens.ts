import { token } from '@steppe/runtime/di';
import type * as core from '../index.js';

export type StateStore = core.StateStore;
export const StateStore = token<core.StateStore>('@steppe/state/StateStore');

export type Leadership = core.Leadership;
export const Leadership = token<core.Leadership>('@steppe/state/Leadership');

export type SingleServerOptions = core.SingleServerOptions;
export const SingleServerOptions = token<core.SingleServerOptions>('@steppe/state/SingleServerOptions');

/** The built-in store, for wrapping. */
export const DefaultStateStore = token<core.StateStore>('@steppe/state/DefaultStateStore');
