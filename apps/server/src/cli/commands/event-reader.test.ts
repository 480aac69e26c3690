import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EventReader } from './event-reader.js';
import { OriginTags } from './origin-tags.js';

describe('EventReader', () => {
  test('comments and unknown fields are nothing, several lines of data are one text', () => {
    const reader = new EventReader();
    const text = ':\n\nretry: 1000\n\nid: 7\ndata: a\ndata:b\ndata\n\nid: 8\nevent: gap\ndata: {"from":1}\n\nid: 9\n\n';
    expect(reader.push(Buffer.from(text))).toEqual([
      { id: '7', event: '', data: 'a\nb\n' },
      { id: '8', event: 'gap', data: '{"from":1}' },
    ]);
    expect(reader.rest).toBe('');
  });

  test('wherever the stream is cut, and whatever ends its lines, the events are the same', () => {
    const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
    const data = fc.string({ unit: 'binary' }).map((text) => Buffer.from(text.replaceAll(/[\r\n]/g, '')).toString());
    fc.assert(
      fc.property(fc.array(data, { maxLength: 5 }), lineEnd, fc.integer({ min: 1, max: 7 }), (texts, end, size) => {
        const stream = Buffer.from(texts.map((text, i) => `id: ${i}${end}data: ${text}${end}${end}`).join('') + end);
        const reader = new EventReader();
        const events = [];
        for (let at = 0; at < stream.length; at += size) events.push(...reader.push(stream.subarray(at, at + size)));
        expect(events.map(({ data: text }) => text)).toEqual(texts);
      }),
    );
  });

  test('what comes at the end and is no event is kept; an event without end is refused', () => {
    const reader = new EventReader();
    reader.push(Buffer.from('data: a\n\nPermission denied'));
    expect(reader.rest).toBe('Permission denied');
    expect(() => new EventReader().push(Buffer.alloc(9 * 1024 * 1024, 'x'))).toThrow('does not end');
  });
});

describe('OriginTags', () => {
  test('each line is tagged, also one that comes in pieces', () => {
    const tags = new OriginTags('alder', { isJson: false });
    expect([tags.tag(Buffer.from('one\ntw')), tags.tag(Buffer.from('o\n'))]).toEqual([
      '[alder] one\n',
      '[alder] two\n',
    ]);
  });

  test('an object stays one; what is none is tagged', () => {
    const tags = new OriginTags('a"b', { isJson: true });
    expect(tags.tag(Buffer.from('{"@level":"info"}\n[WARN] Monitor dropped\n'))).toBe(
      '{"@agent":"a\\"b","@level":"info"}\n[a"b] [WARN] Monitor dropped\n',
    );
  });
});
