import { FrameTable, addressOf } from './frame-table.js';
import type { StackSample } from './stack-profile.js';

/**
 * Samples in the line form of Go's `debug=1`: `<values> @ 0x10 0x20`, one line per frame, a blank line after each.
 * @param values - the text in front of the `@`
 */
export function textRecords(samples: readonly StackSample[], values: (sample: StackSample) => string): string {
  const frames = new FrameTable();
  return samples
    .map((sample) => {
      const addresses = sample.stack.map((frame) => `0x${addressOf(frames.idOf(frame)).toString(16)}`);
      const lines = sample.stack.map(
        ({ functionName, file, line }, i) => `#\t${addresses[i]}\t${functionName}+0x0\t${file}:${line}\n`,
      );
      const head = [`${values(sample)} @`, ...addresses].join(' ');
      return `${head}\n${lines.length === 0 ? '#\t0x0\n' : lines.join('')}\n`;
    })
    .join('');
}
