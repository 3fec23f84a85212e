import { Worker } from 'bullmq';
import { Redis } from 'ioredis';
import OpenAI from 'openai';

/*
 * The other half of the tutorial's version: asks the provider and publishes every token as it comes.
 *
 *   REDIS_URL=... PROVIDER_URL=... CONCURRENCY=... node test/bench/baseline/worker.ts
 */
const { REDIS_URL = 'redis://127.0.0.1:6379', PROVIDER_URL = 'http://127.0.0.1:4010/v1', CONCURRENCY = '100' } = process.env;
const openai = new OpenAI({ baseURL: PROVIDER_URL, apiKey: 'sk-bench' });
const publisher = new Redis(REDIS_URL, { maxRetriesPerRequest: null });

const worker = new Worker<{ prompt: string }>(
  'chat',
  async (job) => {
    const channel = `job:${job.id}`;
    const messages = [{ role: 'user' as const, content: job.data.prompt }];
    const answer = await openai.chat.completions.create({ model: 'sluice-sim', messages, stream: true });
    for await (const chunk of answer) {
      const token = chunk.choices[0]?.delta.content;
      if (token) await publisher.publish(channel, JSON.stringify({ token }));
    }
    await publisher.publish(channel, '[DONE]');
  },
  { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }), concurrency: Number(CONCURRENCY) },
);
worker.on('error', (error) => console.error(error));
await worker.waitUntilReady();
console.log('ready');
