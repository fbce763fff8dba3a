import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseParser } from './sse-parser.ts';

const parseAll = (text: string) => createSseParser()(text);

describe('reading an event stream', () => {
  it.each([
    ['id: 7\nevent: run.started\ndata: {}\n\n', [{ id: '7', event: 'run.started', data: '{}' }]],
    ['data: a\ndata: b\n\n', [{ id: '', event: 'message', data: 'a\nb' }]],
    [': heartbeat\n\n', []],
    ['event: x\n\ndata:y\n\n', [{ id: '', event: 'message', data: 'y' }]],
    ['data\n\n', [{ id: '', event: 'message', data: '' }]],
    ['data: cut off\n', []],
    ['unknown: x\nretry: 5\ndata: y\n\n', [{ id: '', event: 'message', data: 'y' }]],
    [
      'id: 1\ndata: a\n\ndata: b\n\n',
      [
        { id: '1', event: 'message', data: 'a' },
        { id: '1', event: 'message', data: 'b' },
      ],
    ],
  ])('%j', (text, messages) => {
    expect(parseAll(text)).toEqual(messages);
  });

  it('gives the same messages wherever the text is cut, with any line ending', () => {
    const line = fc.constantFrom('id: 1', 'event: node.done', 'data: {"a":1}', 'data:', ': beat', '');
    const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
    const story = fc.tuple(fc.array(line), lineEnd, fc.array(fc.nat(80)));
    fc.assert(
      fc.property(story, ([lines, end, cuts]) => {
        const text = [...lines, '', ''].map((each) => each + end).join('');
        const parse = createSseParser();
        const places = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
        const pieces = places.slice(1).map((place, index) => text.slice(places[index], place));
        // A line ending in CR is known to be complete only when the next character has come.
        expect([...pieces, ' '].flatMap(parse)).toEqual(parseAll(`${text} `));
      }),
    );
  });
});
