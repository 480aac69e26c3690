import { errorMessage, nanosecondsToMs } from '@steppe/domain';
import { gunzipSync } from 'node:zlib';
import { Profile } from 'pprof-format';
import { profilingError } from '../errors.js';
import type { Frame, StackProfile, StackSample } from './stack-profile.js';

/** Far above any profile of ours; a file that unpacks to more is refused before it fills the memory. */
const MAX_BYTES = 256 * 1_024 * 1_024;

/**
 * Reads a profile.proto, gzipped or not, of ours or of any other program. Of labels only those with text are kept, of a
 * location with inlined functions each becomes a frame.
 * @throws PROFILE_FILE_INVALID
 */
export function decodePprof(bytes: Uint8Array): StackProfile {
  try {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return stackProfileOf(Profile.decode(isGzip ? gunzipSync(bytes, { maxOutputLength: MAX_BYTES }) : bytes));
  } catch (error) {
    const message = `not a profile in the format of pprof: ${errorMessage(error)}`;
    throw profilingError({ code: 'PROFILE_FILE_INVALID' }, message, error);
  }
}

function stackProfileOf(profile: Profile): StackProfile {
  const text = (index: number | bigint): string => {
    const found = profile.stringTable.strings[Number(index)];
    if (found === undefined) throw new Error(`it refers to text ${index}, which it does not hold`);
    return found;
  };
  const valueType = ({ type, unit }: { readonly type: number | bigint; readonly unit: number | bigint }) => ({
    type: text(type),
    unit: text(unit),
  });
  const functions = new Map(profile.function.map((each) => [Number(each.id), each]));
  const locations = new Map(
    profile.location.map(({ id, address, line }) => [
      Number(id),
      line.length === 0
        ? [{ functionName: `0x${address.toString(16)}`, file: '', line: 0 }]
        : line.map(({ functionId, line: number }): Frame => {
            const found = functions.get(Number(functionId));
            if (found === undefined) throw new Error(`it refers to function ${functionId}, which it does not hold`);
            return { functionName: text(found.name), file: text(found.filename), line: Number(number) };
          }),
    ]),
  );
  if (profile.sampleType.length === 0) throw new Error('it has no sample types');
  const defaultSampleType = text(profile.defaultSampleType);
  return {
    sampleTypes: profile.sampleType.map(valueType),
    periodType: profile.periodType === undefined ? { type: '', unit: '' } : valueType(profile.periodType),
    period: Number(profile.period),
    ...(defaultSampleType === '' ? {} : { defaultSampleType }),
    timeMs: nanosecondsToMs(BigInt(profile.timeNanos)),
    durationMs: nanosecondsToMs(BigInt(profile.durationNanos)),
    comments: profile.comment.map(text),
    samples: profile.sample.map(({ locationId, value, label }): StackSample => {
      const labels = label
        .filter(({ str }) => Number(str) !== 0)
        .map(({ key, str }) => [text(key), text(str)] as const);
      const stack = locationId.flatMap((id) => {
        const frames = locations.get(Number(id));
        if (frames === undefined) throw new Error(`it refers to location ${id}, which it does not hold`);
        return frames;
      });
      return { stack, values: value.map(Number), labels: Object.fromEntries(labels) };
    }),
  };
}
