/**
 * Reads the text/event-stream format (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6)
 * from chunks that may be cut anywhere. Pure: text in, messages out.
 */

export interface SseMessage {
  /** Last id seen so far, as the format demands; empty when there was none. */
  readonly id: string;
  /** `message` when the stream did not name it. */
  readonly event: string;
  readonly data: string;
}

/** A parser for one connection: give it every chunk, it answers the messages that became complete. */
export function createSseParser(): (chunk: string) => SseMessage[] {
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];

  const take = (line: string): SseMessage | undefined => {
    if (line === '') return dispatch();
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    return undefined;
  };

  const dispatch = (): SseMessage | undefined => {
    const message = data.length === 0 ? undefined : { id, event: event || 'message', data: data.join('\n') };
    event = '';
    data = [];
    return message;
  };

  return (chunk) => {
    const text = rest + chunk;
    // A final CR may be the first half of CRLF: it waits for the next chunk.
    const lines = (text.endsWith('\r') ? text.slice(0, -1) : text).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + (text.endsWith('\r') ? '\r' : '');
    return lines.map(take).filter((message) => message !== undefined);
  };
}
