import { createOutputFold, type EndStatus, type JobEvent, type ResponseEcho } from '@sluice/contract';
import fc from 'fast-check';
import { ResponseStream } from 'openai/lib/responses/ResponseStream';
import { expect, test } from 'vitest';
import { jobEvents } from '../../apps/api/src/jobs/answers.fixture.ts';
import { endedJob } from '../../apps/api/src/jobs/ended-job.fixture.ts';
import { createResponseTranslator } from '../../apps/api/src/openai-surface/response-stream.ts';

const echo = { instructions: null, tools: [], parallel_tool_calls: true } as unknown as ResponseEcho;

function streamOf(events: JobEvent[], status: EndStatus): ReadableStream<Uint8Array> {
  const fold = createOutputFold();
  for (const event of events) fold.add(event);
  const job = endedJob({
    status,
    output: fold.render('stop'),
    finishReason: 'stop',
    errorCode: status === 'failed' ? 'provider_unavailable' : '',
  });
  const translator = createResponseTranslator({ response: { job, echo }, failureStyle: 'failed-only' });
  const lines = [...translator.begin(), ...events.flatMap((event) => translator.next(event)), ...translator.end(job)];
  return new Blob([lines.map((line) => `${JSON.stringify(line)}\n`).join('')]).stream();
}

test("C71: no mixture of deltas, attempts and endings breaks a rule of the SDK's own helper", async () => {
  await fc.assert(
    fc.asyncProperty(jobEvents, fc.constantFrom<EndStatus>('completed', 'incomplete', 'failed', 'cancelled'), async (events, status) => {
      const fold = createOutputFold();
      for (const event of events) fold.add(event);
      const final = await ResponseStream.fromReadableStream(streamOf(events, status)).finalResponse();
      expect(final.status).toBe(status);
      expect(final.output_text).toBe(fold.render(null).text);
    }),
    { numRuns: 300 },
  );
});
