export { stateModule } from './module.js';
export {
  DefaultLeadership,
  DefaultStateStore,
  Leadership,
  SingleServerOptions,
  ServerState,
  StateEngine,
  StateOptions,
  StateStore,
  StateTable,
} from './tokens.js';
