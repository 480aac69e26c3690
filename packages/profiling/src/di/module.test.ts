import { describe, expect, test } from '@jest/globals';
import { SystemClock, silentLogger } from '@steppe/runtime';
import { Clock, Logger, Startable } from '@steppe/runtime/di';
import { Container } from 'inversify';
import { factsOf } from '../profiler/process-facts.js';
import {
  HeapProfile,
  HeapSampler,
  MutexProfile,
  ProcessFacts,
  ProfileContribution,
  ProfileHistory,
  Profiler,
  ProfilerOptions,
  StallWatch,
  TaskRegistry,
  profilingModule,
} from './index.js';

const newContainer = (): Container => {
  const container = new Container();
  container.bind(Clock).toConstantValue(new SystemClock());
  container.bind(Logger).toConstantValue(silentLogger);
  container.bind(ProfilerOptions).toConstantValue({ maxSeconds: 5 });
  container.bind(ProcessFacts).toConstantValue(factsOf(process));
  container.load(profilingModule);
  return container;
};

describe('profilingModule', () => {
  test('the profiler has the built-in profiles and those contributed beside them', async () => {
    const container = newContainer();
    container.bind(ProfileContribution).toConstantValue({ name: 'raft', collect: () => Promise.resolve('x') });
    const profiler = container.get(Profiler);
    expect(profiler.names).toEqual(['allocs', 'block', 'goroutine', 'heap', 'mutex', 'raft', 'threadcreate']);
    await expect(profiler.lookup('raft')).resolves.toEqual({ bytes: Buffer.from('x'), contentKind: 'text' });
    expect(container.get(Profiler)).toBe(profiler);
  });

  test('what samples all the time is one each, and a part the agent starts and stops', async () => {
    const container = newContainer();
    const parts = [container.get(HeapSampler), container.get(ProfileHistory), container.get(StallWatch)];
    expect(container.getAll(Startable)).toEqual(parts);
    const { signal } = new AbortController();
    for (const part of container.getAll(Startable)) await part.start({ signal });
    await expect(container.get(Profiler).lookup('heap')).resolves.toMatchObject({ filename: 'heap' });
    for (const part of container.getAll(Startable)) await part.stop({ signal });
  });

  test('each built-in profile has a token of its own', () => {
    const container = newContainer();
    expect([container.get(HeapProfile).name, container.get(MutexProfile).name]).toEqual(['heap', 'mutex']);
  });

  test('tasks registered anywhere are in the goroutine profile', async () => {
    const container = newContainer();
    container.get(TaskRegistry).register('plan.apply');
    const { bytes } = await container.get(Profiler).lookup('goroutine', { debug: 2 });
    expect(Buffer.from(bytes).toString()).toContain('plan.apply()');
  });
});
