import { createRequire } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a task of the `node` driver is, as it gets into its process or thread. */
export interface ModuleTask {
  readonly module: string;
  readonly args: readonly string[];
  /** The folder that relative modules and packages are looked for from. */
  readonly from: string;
  readonly heartbeatMs: number;
}

/** What a module's default export is called with. */
export interface TaskContext {
  /** Aborts when the task is to end. */
  readonly signal: AbortSignal;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly allocation: {
    readonly id: string;
    readonly name: string;
    readonly index: number;
    readonly job: string;
    readonly group: string;
    readonly task: string;
    readonly namespace: string;
  };
}

/** A path, relative to a folder if it begins with a dot, or the name of a package that is found from there. */
function moduleUrl(name: string, from: string): string {
  if (isAbsolute(name)) return pathToFileURL(name).href;
  if (name.startsWith('.')) return pathToFileURL(resolve(from, name)).href;
  return pathToFileURL(createRequire(join(from, 'package.json')).resolve(name)).href;
}

/** Imports the module and calls its default export, if that is a function. Resolves when it has returned. */
export async function runModule(
  { module, args, from }: ModuleTask,
  { env, signal }: Pick<TaskContext, 'env' | 'signal'>,
): Promise<void> {
  const { default: main } = (await import(moduleUrl(module, from))) as { readonly default?: unknown };
  if (typeof main !== 'function') return;
  const context: TaskContext = {
    signal,
    args,
    env,
    allocation: {
      id: env['NOMAD_ALLOC_ID'] ?? '',
      name: env['NOMAD_ALLOC_NAME'] ?? '',
      index: Number(env['NOMAD_ALLOC_INDEX'] ?? 0),
      job: env['NOMAD_JOB_ID'] ?? '',
      group: env['NOMAD_GROUP_NAME'] ?? '',
      task: env['NOMAD_TASK_NAME'] ?? '',
      namespace: env['NOMAD_NAMESPACE'] ?? '',
    },
  };
  await (main as (context: TaskContext) => unknown)(context);
}
