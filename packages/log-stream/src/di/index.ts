export { logStreamModule } from './module.js';
export {
  DefaultLogExporter,
  DefaultLogHub,
  JournalSource,
  LogExporter,
  LogFileSource,
  LogHub,
  LogHubOptions,
  LogSource,
  LogSourceOptions,
} from './tokens.js';
