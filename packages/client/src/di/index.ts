export { clientModule } from './module.js';
export {
  ArchFingerprinter,
  ClientRuntime,
  ClientRuntimeOptions,
  CpuFingerprinter,
  DefaultClientRuntime,
  FingerprintOptions,
  Fingerprinter,
  HostFingerprinter,
  KernelFingerprinter,
  MemoryFingerprinter,
  NetworkFingerprinter,
  NomadFingerprinter,
  OsFingerprinter,
  ServerLink,
  StorageFingerprinter,
} from './tokens.js';
