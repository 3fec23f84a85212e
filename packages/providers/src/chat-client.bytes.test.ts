import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { createChatClient } from './chat-client.ts';
import { ask } from './testing/ask.ts';
import { chunk, sse, startRawProvider } from './testing/raw-provider.ts';

const client = createChatClient();

/** What the provider writes next, piece by piece. */
let pieces: Buffer[] = [];
const provider = await startRawProvider(async (socket) => {
  socket.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise((resolve) => socket.write(piece, resolve));
    await new Promise(setImmediate);
  }
  socket.end();
});

afterAll(async () => {
  await client.close();
  await provider.close();
});

/** Streams as vendors send them, with what makes cutting hard: wide characters, CRLF, comments, halves of surrogate pairs. */
const streams: Record<string, string> = {
  'a plain answer': sse(chunk({ role: 'assistant', content: '' }), chunk({ content: '\u5b57\u{1f600}' }), chunk({ content: '!' }, 'stop'), {
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  }),
  'CRLF, comments and a byte order mark': `\ufeff: keep-alive\r\n\r\n${sse(chunk({ reasoning_content: 'hm' }), chunk({ content: 'a' }, 'stop')).replaceAll('\n', '\r\n')}`,
  'a surrogate pair in two deltas': sse(chunk({ content: 'a\ud83d' }), chunk({ content: '\ude00' }), chunk({}, 'length')),
  'tool calls': sse(
    chunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{"\u00e9' } }] }),
    chunk({ tool_calls: [{ index: 0, function: { arguments: '":1}' } }] }, 'tool_calls'),
  ),
  'an error in the middle': `${sse(chunk({ content: 'a' })).replace('data: [DONE]\n\n', '')}data: {"error":{"message":"\u5b57","type":"overloaded_error"}}\n\n`,
  'half a chunk at the end': `${sse(chunk({ content: 'a' })).replace('data: [DONE]\n\n', '')}data: {"choices":[{"delta":{"content":"b`,
  'no stream at all': '\n\n{"error":\n{"message":"no","code":"insufficient_quota"}}',
};

async function askInPieces(bytes: Buffer, cuts: number[]) {
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  pieces = places
    .slice(1)
    .map((end, i) => bytes.subarray(places[i], end))
    .filter(({ length }) => length > 0);
  const { events, failure } = await ask(client, { baseUrl: provider.baseUrl });
  return { events, kind: failure?.kind ?? null, message: failure?.message };
}

test.each(Object.entries(streams))('%s is the same however its bytes are cut on the wire', async (_name, body) => {
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n${body}`);
  const whole = await askInPieces(bytes, []);
  expect(whole.events.length + Number(whole.kind !== null)).toBeGreaterThan(0);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 40 }), async (cuts) => {
      expect(await askInPieces(bytes, cuts)).toEqual(whole);
    }),
    { numRuns: 25 },
  );
});

test('single bytes give the same answer as one piece', async () => {
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${streams['a plain answer']}`);
  expect(await askInPieces(bytes, [...bytes.keys()])).toEqual(await askInPieces(bytes, []));
});
