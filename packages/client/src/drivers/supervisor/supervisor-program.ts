/**
 * The process that runs one task and outlives the agent: it captures the output into log files that it rotates, obeys the
 * agent over a socket in the task's control folder, and leaves in `exit.json` how the task ended.
 *
 * What to run comes over standard input, for the environment may hold secrets; the one line it writes says that the task
 * runs, or why not. Text, so that it needs no file of its own wherever the agent was bundled to.
 */
export const SUPERVISOR_PROGRAM = String.raw`
'use strict';
const { spawn } = require('node:child_process');
const { closeSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync, writeSync } = require('node:fs');
const { createServer } = require('node:net');
const { constants } = require('node:os');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { Worker } = require('node:worker_threads');

// A process outside of the task's group that got hold of its output does not keep the task from having ended.
const OUTPUT_GRACE_MS = 500;
const BEATS_PER_HEARTBEAT = 4;

/** Appends to the newest of the files "<name>.<n>", and begins the next one when it is full. */
class LogFiles {
  constructor({ folder, name, maxBytes, maxFiles }) {
    Object.assign(this, { folder, name, maxBytes, maxFiles });
    const numbers = this.numbers();
    this.open(numbers.length === 0 ? 0 : Math.max(...numbers));
  }

  numbers() {
    const start = this.name + '.';
    return readdirSync(this.folder)
      .filter((file) => file.startsWith(start) && /^\d+$/.test(file.slice(start.length)))
      .map((file) => Number(file.slice(start.length)));
  }

  open(number) {
    const path = join(this.folder, this.name + '.' + number);
    const file = openSync(path, 'a', 0o644);
    if (this.file !== undefined) closeSync(this.file);
    this.file = file;
    this.number = number;
    this.size = statSync(path).size;
    for (const old of this.numbers()) {
      if (old <= number - this.maxFiles) rmSync(join(this.folder, this.name + '.' + old), { force: true });
    }
  }

  /** Output that the disk does not take is lost; the task goes on. */
  write(data) {
    try {
      for (let at = 0; at < data.length; ) {
        if (this.size >= this.maxBytes) this.open(this.number + 1);
        const written = writeSync(this.file, data, at, Math.min(data.length - at, this.maxBytes - this.size));
        at += written;
        this.size += written;
      }
    } catch {}
  }
}

const lastBytes = (text, data) => (text + data.toString('latin1')).slice(-8192);

/** A program in a process group of its own. */
const startProcess = ({ command, args, cwd, env, node }, onEnd, onOutput) => {
  const child = spawn(command, args, {
    cwd, env, detached: true,
    stdio: node === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let errorTail = '';
  child.stdout.on('data', onOutput.stdout);
  child.stderr.on('data', (data) => {
    if (node !== undefined) errorTail = lastBytes(errorTail, data);
    onOutput.stderr(data);
  });
  const killGroup = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nobody is left in it.
    }
  };
  child.once('exit', (code, signal) => {
    killGroup();
    let grace;
    const end = () => {
      clearTimeout(grace);
      const number = signal === null ? 0 : constants.signals[signal];
      const oomKilled = signal === 'SIGABRT' && errorTail.includes('JavaScript heap out of memory');
      onEnd({ exitCode: code ?? 128 + number, signal: number, oomKilled });
    };
    child.once('close', end);
    grace = setTimeout(end, OUTPUT_GRACE_MS);
  });
  const task = {
    kill: killGroup,
    signal: (name) => child.kill(name),
    send: (message) => child.connected && child.send(message, () => undefined),
    onMessage: (listener) => child.on('message', listener),
  };
  return new Promise((resolve, reject) => {
    child.once('spawn', () => resolve({ ...task, pid: child.pid }));
    child.once('error', reject);
  });
};

/** A module in a thread of this process. */
const startThread = ({ node, env }, onEnd, onOutput) => {
  const worker = new Worker(node.program, {
    env, stdout: true, stderr: true,
    workerData: { ...node.begin, steppe: 'begin' },
    resourceLimits: node.memoryMb > 0 ? { maxOldGenerationSizeMb: node.memoryMb } : {},
  });
  let killedBy = 0;
  let oomKilled = false;
  worker.stdout.on('data', onOutput.stdout);
  worker.stderr.on('data', onOutput.stderr);
  worker.on('error', (error) => {
    oomKilled = error?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    onOutput.stderr(Buffer.from((error?.stack ?? String(error)) + '\n'));
  });
  worker.once('exit', (code) => {
    // What it had written is read in this turn of the loop.
    setImmediate(() => onEnd({ exitCode: killedBy === 0 ? code : 128 + killedBy, signal: killedBy, oomKilled }));
  });
  const terminate = (signal) => {
    killedBy = signal;
    worker.terminate();
  };
  return new Promise((resolve, reject) => {
    worker.once('online', () => resolve({
      pid: process.pid,
      kill: () => terminate(constants.signals.SIGKILL),
      signal: (name) => terminate(constants.signals[name]),
      send: (message) => worker.postMessage(message),
      onMessage: (listener) => worker.on('message', listener),
    }));
    worker.once('error', reject);
  });
};

const supervise = async (spec) => {
  const { control, taskFolder, logs, node } = spec;
  const ignore = () => undefined;
  const output = (stream) => {
    if (logs === undefined) return ignore;
    const files = new LogFiles({ ...logs, name: logs.name + '.' + stream });
    return (data) => files.write(data);
  };
  const sockets = new Set();
  let task;
  let exit;
  let reason = '';
  let hasMain = false;
  let ticker;

  const onEnd = (result) => {
    clearInterval(ticker);
    exit = { type: 'exit', pid: task?.pid ?? 0, reason, ...result };
    writeFileSync(join(control, 'exit.json.new'), JSON.stringify(exit));
    renameSync(join(control, 'exit.json.new'), join(control, 'exit.json'));
    if (task !== undefined) finish();
  };
  const finish = () => {
    server.close();
    for (const socket of sockets) socket.end(JSON.stringify(exit) + '\n');
    // The agent may hang; what it needs is in the file.
    setTimeout(() => process.exit(0), 1000).unref();
  };

  const obey = ({ type, signal }) => {
    if (exit !== undefined) return;
    if (type === 'signal') task.signal(signal);
    if (type === 'kill') task.kill();
    if (type === 'stop') {
      if (hasMain) task.send({ steppe: 'abort' });
      else task.signal(signal);
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', ignore);
    socket.on('close', () => sockets.delete(socket));
    createInterface(socket).on('line', (line) => {
      let error = '';
      let id;
      try {
        const command = JSON.parse(line);
        id = command.id;
        obey(command);
      } catch (cause) {
        error = cause.message;
      }
      if (socket.writable) socket.write(JSON.stringify({ type: 'reply', id, error }) + '\n');
    }).on('error', ignore);
  });

  // Relative, for the path of a socket may not be long.
  process.chdir(control);
  await new Promise((resolve, reject) => server.once('error', reject).listen('control.sock', resolve));
  process.chdir(taskFolder);

  const start = node?.isolation === 'thread' ? startThread : startProcess;
  // The processes a thread began are in this one's group.
  if (start === startThread) process.on('exit', () => process.kill(-process.pid, 'SIGKILL'));
  const started = await start(spec, onEnd, { stdout: output('stdout'), stderr: output('stderr') });
  if (node !== undefined) {
    let missed = 0;
    started.onMessage((message) => {
      if (message?.steppe === 'beat') missed = 0;
      if (message?.steppe === 'main') hasMain = true;
    });
    // Ticks are counted, not time: a machine that slept has a late tick, not a stuck task.
    ticker = setInterval(() => {
      missed += 1;
      if (missed <= BEATS_PER_HEARTBEAT) return;
      clearInterval(ticker);
      reason = 'the event loop did not answer for ' + node.heartbeatMs + ' ms';
      started.kill();
    }, node.heartbeatMs / BEATS_PER_HEARTBEAT);
    if (node.isolation === 'process') started.send({ ...node.begin, steppe: 'begin' });
  }
  task = started;
  process.stdout.write(JSON.stringify({ pid: task.pid }) + '\n');
  // It ended while it was being started.
  if (exit !== undefined) onEnd(exit);
};

for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE']) process.on(name, () => undefined);
process.stdout.on('error', () => undefined);
supervise(JSON.parse(readFileSync(0, 'utf8'))).catch((error) => {
  process.stdout.write(JSON.stringify({ error: error.message }) + '\n', () => process.exit(1));
});
`;
