import { describe, expect, test } from '@jest/globals';
import { array, assert, constantFrom, integer, property, record, uint8Array } from 'fast-check';
import { FrameReader } from './frame-reader.js';
import { encodeFrame } from './frame.js';

describe('frames', () => {
  test.each([
    [
      { data: Buffer.from('log log log log log'), fileEvent: '', offset: 19 },
      '{"Data":"bG9nIGxvZyBsb2cgbG9nIGxvZw==","Offset":19}',
    ],
    [{ data: Buffer.from('a'), fileEvent: 'log', offset: 0 }, '{"Data":"YQ==","FileEvent":"log"}'],
    [{ data: Buffer.alloc(0), fileEvent: 'log', offset: 1024 }, '{"FileEvent":"log","Offset":1024}'],
    [{ data: Buffer.alloc(0), fileEvent: '', offset: 0 }, '{}'],
  ])('keys are in order and zeros are left out', (frame, expected) => {
    expect(Buffer.from(encodeFrame(frame)).toString()).toBe(expected);
  });

  test('what was written is read, wherever the body is cut', () => {
    const frame = record({
      data: uint8Array({ maxLength: 40 }),
      fileEvent: constantFrom('', 'log'),
      offset: integer({ min: 0, max: 4096 }),
    });
    assert(
      property(array(frame, { maxLength: 8 }), integer({ min: 1, max: 50 }), (frames, step) => {
        const body = Buffer.concat(frames.map(encodeFrame));
        const reader = new FrameReader();
        const read = [];
        for (let at = 0; at < body.length; at += step) read.push(...reader.push(body.subarray(at, at + step)));
        reader.end();
        expect(read.map((each) => ({ ...each, data: [...each.data] }))).toEqual(
          frames.map((each) => ({ ...each, data: [...each.data] })),
        );
      }),
    );
  });

  test('braces and quotes within strings end nothing, blanks between frames are allowed', () => {
    const frames = new FrameReader().push(Buffer.from('{"FileEvent":"}\\"{"} \n {}'));
    expect(frames.map((frame) => frame.fileEvent)).toEqual(['}"{', '']);
  });

  test('row 45: the text of a late error is not a frame', () => {
    const reader = new FrameReader();
    expect(reader.push(Buffer.from('{}rpc error: boom'))).toHaveLength(1);
    const refusal = { code: 'STREAM_FRAME_INVALID', message: 'invalid stream frame: rpc error: boom' };
    expect(() => reader.end()).toThrow(expect.objectContaining(refusal));
    expect(() => reader.push(Buffer.from(' again'))).toThrow('invalid stream frame: rpc error: boom again');
  });

  test.each(['{"Data":1}', '{"Offset":"1"}', '{nonsense}'])('%s is refused', (text) => {
    expect(() => new FrameReader().push(Buffer.from(text))).toThrow(`invalid stream frame: ${text}`);
  });

  test('a body that stops within a frame, or a frame without end, is refused', () => {
    const cut = new FrameReader();
    cut.push(Buffer.from('{"Data":"YQ'));
    expect(() => cut.end()).toThrow('invalid stream frame: {"Data":"YQ');
    const bounded = new FrameReader({ maxFrameLength: 100 });
    expect(() => bounded.push(Buffer.from(`{"Data":"${'A'.repeat(200)}`))).toThrow('invalid stream frame');
  });
});
