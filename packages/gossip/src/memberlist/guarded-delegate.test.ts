import { expect, test } from '@jest/globals';
import { RecordingLogger } from '@steppe/testing';
import { GuardedDelegate } from './guarded-delegate.js';

test('what a hook throws is logged and does not reach the protocol', () => {
  const logger = new RecordingLogger();
  const delegate = new GuardedDelegate(
    {
      onMessage: () => {
        throw new Error('no');
      },
      localState: () => {
        throw new Error('no state');
      },
    },
    logger,
  );
  delegate.tell('onMessage', new Uint8Array());
  expect(delegate.localState({ join: true })).toEqual(new Uint8Array());
  expect(logger.lines.map(({ fields }) => fields)).toEqual([
    { hook: 'onMessage', error: 'no' },
    { hook: 'localState', error: 'no state' },
  ]);
});

test('absent hooks answer nothing, present ones are called on their object', () => {
  const bare = new GuardedDelegate({}, new RecordingLogger());
  expect(bare.ackPayload()).toEqual(new Uint8Array());
  expect(bare.takeBroadcasts({ overheadBytes: 3, limitBytes: 100 })).toEqual([]);
  expect(bare.has('refuseMerge')).toBe(false);
  class Layer {
    readonly #meta = Uint8Array.of(4);
    localMeta() {
      return this.#meta;
    }
  }
  expect(new GuardedDelegate(new Layer(), new RecordingLogger()).localMeta()).toEqual(Uint8Array.of(4));
});
