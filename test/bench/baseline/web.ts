import { Queue } from 'bullmq';
import express, { type Response } from 'express';
import { Redis } from 'ioredis';

/*
 * The tutorial's version of an LLM job service: a question becomes a BullMQ job, its answer arrives over Redis pub/sub and goes out as
 * server-sent events. No database, no sign-in, no credits, and nothing can be resumed: what is published while nobody listens is gone.
 *
 *   REDIS_URL=... PORT=... node test/bench/baseline/web.ts
 */
const { REDIS_URL = 'redis://127.0.0.1:6379', PORT = '3000' } = process.env;
const queue = new Queue('chat', { connection: new Redis(REDIS_URL, { maxRetriesPerRequest: null }) });

/** One subscriber connection for all streams, as a careful author would have it. */
const subscriber = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const streams = new Map<string, Set<Response>>();

subscriber.on('message', (channel, message) => {
  for (const res of streams.get(channel) ?? []) {
    res.write(`data: ${message}\n\n`);
    if (message === '[DONE]') res.end();
  }
});

const app = express();
app.use(express.json());

app.post('/jobs', async (req, res) => {
  const { prompt } = req.body as { prompt?: unknown };
  if (typeof prompt !== 'string') return void res.status(400).json({ error: 'prompt is missing' });
  const job = await queue.add('ask', { prompt }, { removeOnComplete: true, removeOnFail: true });
  res.status(202).json({ id: job.id });
});

app.get('/jobs/:id/events', async (req, res) => {
  const channel = `job:${req.params.id}`;
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive' });
  res.flushHeaders();
  const listeners = streams.get(channel) ?? new Set();
  streams.set(channel, listeners.add(res));
  res.on('close', () => {
    listeners.delete(res);
    if (listeners.size > 0) return;
    streams.delete(channel);
    void subscriber.unsubscribe(channel);
  });
  await subscriber.subscribe(channel);
});

app.listen(Number(PORT), '127.0.0.1', () => console.log('ready'));
