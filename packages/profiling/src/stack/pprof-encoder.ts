import { msToNanoseconds } from '@steppe/domain';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import {
  Function as PprofFunction,
  Label,
  Line,
  Location,
  Mapping,
  Profile,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';
import { FrameTable, addressOf } from './frame-table.js';
import type { Frame, StackProfile, StackSample, ValueType as ValueTypeName } from './stack-profile.js';

const gzipAsync = promisify(gzip);

/** Name of the one mapping: what readers call the program. */
const PROGRAM = 'steppe';

/** Encodes a profile as gzipped profile.proto, as `go tool pprof` reads it. */
export async function encodePprof(profile: StackProfile): Promise<Uint8Array> {
  return gzipAsync(new PprofEncoder().encode(profile));
}

class PprofEncoder {
  readonly #strings = new StringTable();
  readonly #frames = new FrameTable();
  readonly #locations: Location[] = [];
  readonly #functionIds = new Map<string, number>();
  readonly #functions: PprofFunction[] = [];

  encode(profile: StackProfile): Uint8Array {
    const { defaultSampleType } = profile;
    return new Profile({
      sampleType: profile.sampleTypes.map((type) => this.#valueType(type)),
      sample: profile.samples.map((sample) => this.#sample(sample)),
      mapping: [
        new Mapping({
          id: 1,
          filename: this.#strings.dedup(PROGRAM),
          // Readers then do not look for symbols of their own.
          hasFunctions: true,
          hasFilenames: true,
          hasLineNumbers: true,
        }),
      ],
      location: this.#locations,
      function: this.#functions,
      timeNanos: msToNanoseconds(profile.timeMs),
      durationNanos: msToNanoseconds(profile.durationMs),
      periodType: this.#valueType(profile.periodType),
      period: profile.period,
      comment: profile.comments.map((comment) => this.#strings.dedup(comment)),
      ...(defaultSampleType === undefined ? {} : { defaultSampleType: this.#strings.dedup(defaultSampleType) }),
      stringTable: this.#strings,
    }).encode();
  }

  #valueType({ type, unit }: ValueTypeName): ValueType {
    return new ValueType({ type: this.#strings.dedup(type), unit: this.#strings.dedup(unit) });
  }

  #sample({ stack, values, labels = {} }: StackSample): Sample {
    return new Sample({
      locationId: stack.map((frame) => this.#locationId(frame)),
      value: [...values],
      label: Object.entries(labels).map(
        ([key, value]) => new Label({ key: this.#strings.dedup(key), str: this.#strings.dedup(value) }),
      ),
    });
  }

  #locationId(frame: Frame): number {
    const id = this.#frames.idOf(frame);
    if (id > this.#locations.length) {
      const line = new Line({ functionId: this.#functionId(frame), line: frame.line });
      this.#locations.push(new Location({ id, mappingId: 1, address: addressOf(id), line: [line] }));
    }
    return id;
  }

  #functionId({ functionName, file }: Frame): number {
    const key = `${functionName}\0${file}`;
    const known = this.#functionIds.get(key);
    if (known !== undefined) return known;
    const id = this.#functions.length + 1;
    const name = this.#strings.dedup(functionName);
    this.#functionIds.set(key, id);
    this.#functions.push(new PprofFunction({ id, name, systemName: name, filename: this.#strings.dedup(file) }));
    return id;
  }
}
