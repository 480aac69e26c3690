import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { BUILT_IN_TASK_DRIVERS } from '../drivers/built-in-task-drivers.js';
import { BUILT_IN_FINGERPRINTERS } from '../fingerprint/built-in-fingerprinters.js';
import { ClientRuntimeImpl } from '../runtime/client-runtime-impl.js';
import { systemResolver } from '../servers/system-resolver.js';
import {
  AllocLink,
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
  NodeDriver,
  NomadFingerprinter,
  OsFingerprinter,
  RawExecDriver,
  ServerLink,
  StorageFingerprinter,
  TaskDriver,
  TaskDriverOptions,
} from './tokens.js';

/**
 * Binds the client runtime, its fingerprinters, and the task drivers; the assembly binds `ClientRuntimeOptions`, `FingerprintOptions`,
 * `TaskDriverOptions`, `ServerLink` and `AllocLink`.
 */
export const clientModule = new ContainerModule(({ bind }) => {
  for (const [builtIn, name] of [
    [ArchFingerprinter, 'arch'],
    [KernelFingerprinter, 'kernel'],
    [OsFingerprinter, 'os'],
    [CpuFingerprinter, 'cpu'],
    [MemoryFingerprinter, 'memory'],
    [StorageFingerprinter, 'storage'],
    [NetworkFingerprinter, 'network'],
    [NomadFingerprinter, 'nomad'],
    [HostFingerprinter, 'host'],
  ] as const) {
    bind(builtIn)
      .toResolvedValue((options: FingerprintOptions) => BUILT_IN_FINGERPRINTERS[name](options), [FingerprintOptions])
      .inSingletonScope();
    bind(Fingerprinter).toService(builtIn);
  }

  for (const [builtIn, name] of [
    [RawExecDriver, 'raw_exec'],
    [NodeDriver, 'node'],
  ] as const) {
    bind(builtIn)
      .toResolvedValue(
        (options: TaskDriverOptions, clock: Clock) => BUILT_IN_TASK_DRIVERS[name](options, clock),
        [TaskDriverOptions, Clock],
      )
      .inSingletonScope();
    bind(TaskDriver).toService(builtIn);
  }

  bind(DefaultClientRuntime)
    .toResolvedValue(
      (
        options: ClientRuntimeOptions,
        link: ServerLink,
        allocLink: AllocLink,
        fingerprinters: Fingerprinter[],
        drivers: TaskDriver[],
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new ClientRuntimeImpl(options, {
          link,
          allocLink,
          fingerprinters,
          drivers,
          resolve: systemResolver,
          clock,
          random,
          logger: logger.named('client'),
          metrics,
        }),
      [
        ClientRuntimeOptions,
        ServerLink,
        AllocLink,
        { serviceIdentifier: Fingerprinter, isMultiple: true },
        { serviceIdentifier: TaskDriver, isMultiple: true },
        Clock,
        Random,
        Logger,
        Metrics,
      ],
    )
    .inSingletonScope();
  bind(ClientRuntime).toService(DefaultClientRuntime);
  bind(Startable).toService(DefaultClientRuntime);
});
