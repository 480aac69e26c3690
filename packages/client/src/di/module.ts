import { Clock, Logger, Metrics, Random, Startable } from '@steppe/runtime/di';
import { ContainerModule } from 'inversify';
import { NodeDriver as NodeDriverImpl } from '../drivers/node-driver.js';
import { RawExecDriver as RawExecDriverImpl } from '../drivers/raw-exec-driver.js';
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
  RawExecOptions,
  ServerLink,
  StorageFingerprinter,
  TaskDriver,
} from './tokens.js';

/**
 * Binds the client runtime, its fingerprinters and its drivers; the assembly binds `ClientRuntimeOptions`, `FingerprintOptions`, `RawExecOptions`, `ServerLink` and `AllocLink`. */
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

  bind(RawExecDriver)
    .toResolvedValue(
      (options: RawExecOptions, clock: Clock) => new RawExecDriverImpl(options, { clock }),
      [RawExecOptions, Clock],
    )
    .inSingletonScope();
  bind(NodeDriver)
    .toResolvedValue((clock: Clock) => new NodeDriverImpl({ clock }), [Clock])
    .inSingletonScope();
  for (const driver of [RawExecDriver, NodeDriver]) bind(TaskDriver).toService(driver);

  bind(DefaultClientRuntime)
    .toResolvedValue(
      (
        options: ClientRuntimeOptions,
        link: ServerLink,
        allocLink: AllocLink | undefined,
        drivers: TaskDriver[],
        fingerprinters: Fingerprinter[],
        clock: Clock,
        random: Random,
        logger: Logger,
        metrics: Metrics,
      ) =>
        new ClientRuntimeImpl(options, {
          link,
          allocLink,
          drivers,
          fingerprinters,
          resolve: systemResolver,
          clock,
          random,
          logger: logger.named('client'),
          metrics,
        }),
      [
        ClientRuntimeOptions,
        ServerLink,
        { serviceIdentifier: AllocLink, optional: true },
        { serviceIdentifier: TaskDriver, isMultiple: true },
        { serviceIdentifier: Fingerprinter, isMultiple: true },
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
