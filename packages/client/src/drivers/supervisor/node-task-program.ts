/**
 * What runs in the process or thread of a `node` task around its module: it tells the supervisor that the event loop turns,
 * and calls the module's default function, if there is one.
 *
 * Text, so that it needs no file of its own wherever the agent was bundled to.
 */
export const NODE_TASK_PROGRAM = String.raw`
'use strict';
const { isAbsolute, join } = require('node:path');
const { pathToFileURL } = require('node:url');
const { constants, Script } = require('node:vm');
const { parentPort, workerData } = require('node:worker_threads');

const inThread = workerData?.steppe !== undefined;
const controller = new AbortController();
const abort = (reason) => controller.abort(new Error(reason));

const connect = (begin) => {
  const onMessage = (message) => {
    if (message?.steppe === 'begin') begin(message);
    if (message?.steppe === 'abort') abort('the task is to stop');
  };
  if (inThread) {
    parentPort.on('message', onMessage);
    parentPort.unref();
    begin(workerData);
    return;
  }
  process.on('message', onMessage);
  // A task that nobody watches any more, and whose output goes nowhere, must not go on in secret.
  process.on('disconnect', () => process.exit(1));
};

const send = (message) => {
  if (inThread) parentPort.postMessage(message);
  else if (process.connected) process.send(message);
};

/** A package is looked for from the folder of the task, wherever this program lies. */
const load = (module, taskFolder) => {
  if (isAbsolute(module)) return import(pathToFileURL(module).href);
  // Node.js warns that this way to say from where is new; that is not for the task's output.
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  const loading = new Script('(specifier) => import(specifier)', {
    filename: join(taskFolder, 'task.js'),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext()(module);
  process.emitWarning = emitWarning;
  return loading;
};

const run = async ({ module, args, taskFolder, allocation, beatMs }) => {
  if (!inThread) process.channel.unref();
  process.argv.splice(1, Infinity, module, ...args);
  setInterval(() => send({ steppe: 'beat' }), beatMs).unref();
  send({ steppe: 'beat' });
  const main = (await load(module, taskFolder)).default;
  if (typeof main !== 'function') return;
  send({ steppe: 'main' });
  if (!inThread) {
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => abort('the task got ' + name));
  }
  // A promise keeps no process alive; what it waits for may not either.
  const alive = setInterval(() => undefined, 0x7fffffff);
  await main({ signal: controller.signal, args, env: { ...process.env }, allocation });
  clearInterval(alive);
  end(0);
};

/** Ends when everything written before has gone out. */
const end = (code) => {
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
};

connect((message) => {
  run(message).catch((error) => {
    console.error(error);
    end(1);
  });
});
`;
