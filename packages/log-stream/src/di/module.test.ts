import { describe, expect, test } from '@jest/globals';
import { SimClock } from '@steppe/testing';
import { noMetrics } from '@steppe/runtime';
import { Clock, Logger, Metrics } from '@steppe/runtime/di';
import { Container } from 'inversify';
import { LogExporter, LogHub, LogHubOptions, LogSource, LogSourceOptions, logStreamModule } from './index.js';

const newContainer = (): Container => {
  const container = new Container();
  container.bind(Clock).toConstantValue(new SimClock());
  container.bind(Metrics).toConstantValue(noMetrics);
  container.bind(LogHubOptions).toConstantValue({ level: 'info', zoneOffsetMinutes: () => 0 });
  container.bind(LogSourceOptions).toConstantValue({ platform: 'linux', currentPath: () => undefined });
  container.load(logStreamModule);
  return container;
};

describe('logStreamModule', () => {
  test('the Logger everybody gets feeds the hub', () => {
    const container = newContainer();
    const lines: string[] = [];
    container.get(LogHub).addSink({ write: (line) => void lines.push(line) });
    container.get(Logger).named('client').info('node registered', { node_id: 'n1' });
    expect(lines).toEqual(['2031-05-06T07:08:09.123Z [INFO]  client: node registered: node_id=n1\n']);
  });

  test('a contributed source is reached by its name', async () => {
    const container = newContainer();
    container.bind(LogSource).toConstantValue({
      name: 'memory',
      open: () =>
        Promise.resolve(
          (async function* pieces() {
            yield Buffer.from('hello world');
          })(),
        ),
    });
    const { signal } = new AbortController();
    const request = { serviceName: '', sinceNanoseconds: 0n, follow: false };
    const opened = await container.get(LogExporter).open('memory', request, { signal });
    const written: Uint8Array[] = [];
    const sink = { write: (bytes: Uint8Array) => written.push(bytes) > 0, onDrain: () => undefined };
    await opened.run(sink, { plain: false, signal });
    expect(Buffer.concat(written).toString()).toBe('{"Data":"aGVsbG8gd29ybGQ=","Offset":11}');
    await expect(container.get(LogExporter).open('on_disk', request, { signal })).rejects.toThrow(
      'No nomad log file defined',
    );
  });
});
