import { formatColumns, formatKeyValues } from '../format/columns.js';
import { section } from '../format/section.js';
import { orNone, shownId } from './node-table.js';
import type { DriverWire, NodeEventWire, NodeWire } from './node-wire.js';

interface Shown {
  readonly isVerbose: boolean;
  readonly isShort: boolean;
}

/** One node in sections, those of the reference that are about the node itself. */
export function nodeDetails(node: NodeWire, { isVerbose, isShort }: Shown): string {
  const drivers = byName(node.Drivers);
  const summary = formatKeyValues([
    ['ID', shownId(node.ID, isVerbose)],
    ['Name', node.Name],
    ['Node Pool', node.NodePool],
    ['Class', orNone(node.NodeClass)],
    ['DC', node.Datacenter],
    ['Drain', `${node.Drain}`],
    ['Eligibility', node.SchedulingEligibility],
    ['Status', node.Status],
    ['CSI Controllers', names(node.CSIControllerPlugins)],
    ['CSI Drivers', names(node.CSINodePlugins)],
    ...(isVerbose
      ? []
      : ([
          ['Host Volumes', names(node.HostVolumes)],
          ['Host Networks', names(node.HostNetworks)],
          ['Driver Status', orNone(driverSummary(drivers))],
        ] as const)),
  ]);
  const sections = isShort
    ? []
    : [
        ...(isVerbose ? [section('Drivers', driverTable(drivers))] : []),
        section('Node Events', eventTable(node.Events ?? [], isVerbose)),
        ...(isVerbose ? [section('Attributes', pairs(node.Attributes)), section('Meta', pairs(node.Meta))] : []),
      ];
  return `${[summary, ...sections].join('\n\n')}\n`;
}

const byName = <T>(map: Readonly<Record<string, T>> | null): readonly (readonly [string, T])[] =>
  Object.entries(map ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));

const names = (map: object | null): string =>
  orNone(
    Object.keys(map ?? {})
      .toSorted()
      .join(','),
  );

const pairs = (map: Readonly<Record<string, string>> | null): string => formatKeyValues(byName(map));

type Drivers = readonly (readonly [string, DriverWire])[];

const driverSummary = (drivers: Drivers): string =>
  drivers
    .filter(([, { Detected }]) => Detected)
    .map(([name, { Healthy }]) => (Healthy ? name : `${name} (unhealthy)`))
    .join(',');

const driverTable = (drivers: Drivers): string =>
  formatColumns([
    ['Driver', 'Detected', 'Healthy', 'Message', 'Time'],
    ...drivers.map(([name, { Detected, Healthy, HealthDescription, UpdateTime }]) => [
      name,
      `${Detected}`,
      `${Healthy}`,
      orNone(HealthDescription),
      toSeconds(UpdateTime),
    ]),
  ]);

/** Newest first. */
const eventTable = (events: readonly NodeEventWire[], isVerbose: boolean): string =>
  formatColumns([
    ['Time', 'Subsystem', 'Message', ...(isVerbose ? ['Details'] : [])],
    ...events.toReversed().map(({ Timestamp, Subsystem, Message, Details }) => {
      const driver = Details?.['driver'];
      const details = byName(Details).map(([key, value]) => `${key}: ${value}`);
      const cells = [toSeconds(Timestamp), driver === undefined ? Subsystem : `${Subsystem}: ${driver}`, Message];
      return isVerbose ? [...cells, orNone(details.join(', '))] : cells;
    }),
  ]);

/** A timestamp without the part after its seconds. */
const toSeconds = (timestamp: string | null): string => orNone((timestamp ?? '').replace(/\.\d+/, ''));
