export { stateModule } from './module.js';
export { DefaultStateStore, Leadership, SingleServerOptions, StateStore } from './tokens.js';
