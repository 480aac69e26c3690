export { stateModule } from './module.js';
export {
  DefaultStateStore,
  Leadership,
  SingleServerOptions,
  StateEngine,
  StateStore,
  StateTable,
} from './tokens.js';
