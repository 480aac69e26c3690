// A program on its own, to be bundled and run: profiles itself and prints the outcome as one line of JSON.
import { errorMessage, isSteppeError } from '@steppe/domain';
import { keepBusy, newTestProfiler } from './test-profiler.js';

const { profiler, sampler, logger, close } = newTestProfiler();
await sampler.start();
const stopBurning = keepBusy();
const outcome = await profiler.profile({ seconds: 0.3 }).then(
  ({ bytes }) => ({ profile: Buffer.from(bytes).toString('base64') }),
  (error: unknown) => ({ code: isSteppeError(error) ? error.code : '', message: errorMessage(error) }),
);
stopBurning();
await close();
process.stdout.write(JSON.stringify({ ...outcome, warnings: logger.messages('warn') }));
