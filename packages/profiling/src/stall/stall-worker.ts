/**
 * What runs in the thread that watches the event loop of the main one: it sees whether the counter moves, and while it does
 * not, has the main thread stop for a moment and tell its stack. A sampling profiler would not do: V8's knows no function by
 * name whose machine code is older than the sampling, and that is what a long loop runs.
 *
 * Text, so that it needs no file of its own wherever the program was bundled to.
 */
export const STALL_WORKER = String.raw`
'use strict';
const { Session } = require('node:inspector');
const { parentPort, workerData } = require('node:worker_threads');
const { beats, thresholdMs } = workerData;
const counter = new Int32Array(beats);

let seen = -1;
let movedAt = performance.now();
let nextStackMs = thresholdMs;
let session;
let stacks = [];

const look = () => {
  const count = Atomics.load(counter, 0);
  const stallMs = performance.now() - movedAt;
  if (count === seen) {
    if (stallMs >= nextStackMs) askForStack(stallMs);
    return;
  }
  if (stallMs >= thresholdMs) parentPort.postMessage({ stallMs, stacks });
  letGo();
  seen = count;
  movedAt = performance.now();
  nextStackMs = thresholdMs;
  stacks = [];
};

const askForStack = (stallMs) => {
  // The longer it lasts, the rarer: a stall of minutes is told by a dozen stacks.
  nextStackMs = stallMs * 2;
  try {
    if (session === undefined) connect();
    session.post('Debugger.pause');
  } catch (error) {
    clearInterval(timer);
    parentPort.postMessage({ error: String(error) });
  }
};

const connect = () => {
  session = new Session();
  session.connectToMainThread();
  const urls = new Map();
  session.on('Debugger.scriptParsed', ({ params: { scriptId, url } }) => urls.set(scriptId, url));
  session.on('Debugger.paused', ({ params: { callFrames } }) => {
    session?.post('Debugger.resume');
    const frames = callFrames.map(({ functionName, location: { scriptId, lineNumber, columnNumber } }) => {
      return { functionName, url: urls.get(scriptId) ?? '', lineNumber, columnNumber };
    });
    stacks.push({ atMs: performance.now() - movedAt, frames });
  });
  session.post('Debugger.enable');
};

/** Whatever was asked for and has not happened yet is off with the connection. */
const letGo = () => {
  session?.disconnect();
  session = undefined;
};

const timer = setInterval(look, Math.max(1, Math.floor(thresholdMs / 4)));
`;
