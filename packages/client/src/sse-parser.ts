/** One server-sent event. `id` is null when the event has none of its own. */
export interface SseFrame {
  id: string | null;
  event: string;
  data: string;
}

/**
 * Cuts a text that comes in pieces into events, as the HTML standard says: lines end in LF, CR or CR LF wherever the pieces were
 * cut, comments are skipped, and an event that was not finished by an empty line is never given out.
 */
export function createSseParser(): (piece: string) => SseFrame[] {
  let rest = '';
  let isFirst = true;
  let frame: { id: string | null; event: string; data: string[] } = { id: null, event: '', data: [] };

  function endFrame(): SseFrame[] {
    const { id, event, data } = frame;
    frame = { id: null, event: '', data: [] };
    return data.length === 0 ? [] : [{ id, event: event || 'message', data: data.join('\n') }];
  }

  function takeLine(line: string): SseFrame[] {
    if (line === '') return endFrame();
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'data') frame.data.push(value);
    else if (name === 'event') frame.event = value;
    else if (name === 'id' && !value.includes('\0')) frame.id = value;
    return [];
  }

  return (piece) => {
    let text = rest + piece;
    if (isFirst && text !== '') {
      text = text.replace(/^\uFEFF/, '');
      isFirst = false;
    }
    // A CR at the end may be half of a CR LF.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    return lines.flatMap(takeLine);
  };
}
