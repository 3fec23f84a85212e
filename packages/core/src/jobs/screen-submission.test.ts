import { SubmitJobRequest } from '@sluice/contract';
import { beforeAll, expect, test } from 'vitest';
import { compileRules, type TextRules } from '../word-lists/index.ts';
import type { Submission } from './plan-job.ts';
import { screenSubmission } from './screen-submission.ts';

let rules: TextRules | null;

beforeAll(async () => {
  const list = (action: 'mask' | 'block', words: string[]) => ({
    id: action,
    revision: '1',
    name: action,
    action,
    appliesTo: 'input' as const,
    words,
  });
  rules = await compileRules([list('mask', ['secret']), list('block', ['verboten'])], () => undefined);
});

function screen(body: object): SubmitJobRequest {
  const asked = { userId: 'u', apiKeyId: null, now: new Date(), request: SubmitJobRequest.parse(body) } as Omit<
    Submission,
    'idempotencyKey'
  >;
  return screenSubmission({ input: () => rules, output: () => null }, asked).request;
}

test('texts to embed and to rank are masked; the ids of tokens are not touched', () => {
  const embed = { kind: 'embedding', model: 'm' };
  expect(screen({ ...embed, input: 'A secret' })).toMatchObject({ input: 'A ***' });
  expect(screen({ ...embed, input: ['A secret', 'b'] })).toMatchObject({ input: ['A ***', 'b'] });
  expect(screen({ ...embed, input: [[1, 2], [3]] })).toMatchObject({ input: [[1, 2], [3]] });
  const rank = { kind: 'rerank', model: 'm', query: 'secret?', documents: ['secret', { text: 'a secret' }] };
  expect(screen(rank)).toMatchObject({ query: '***?', documents: ['***', { text: 'a ***' }] });
});

test('a refusal says which of several texts it is about', () => {
  const at = (body: object) => {
    try {
      return screen({ model: 'm', ...body });
    } catch (error) {
      return error;
    }
  };
  expect(at({ kind: 'embedding', input: ['a', 'verboten'] })).toMatchObject({ code: 'content_blocked', param: 'input.1' });
  expect(at({ kind: 'rerank', query: 'a', documents: ['b', 'verboten'] })).toMatchObject({ code: 'content_blocked', param: 'documents.1' });
});

test('what a moderation model is to judge goes to it as it is', () => {
  expect(screen({ kind: 'moderation', input: 'verboten secret' })).toMatchObject({ input: 'verboten secret' });
});

test('without lists a submission is the same object', () => {
  const asked = { request: SubmitJobRequest.parse({ model: 'm', input: 'secret' }) } as Omit<Submission, 'idempotencyKey'>;
  expect(screenSubmission({ input: () => null, output: () => null }, asked)).toBe(asked);
});

test('an answer that was given by other rules does not stand for a question', () => {
  const asked = { request: SubmitJobRequest.parse({ model: 'm', input: 'a' }) } as Omit<Submission, 'idempotencyKey'>;
  expect(screenSubmission({ input: () => null, output: () => rules }, asked)).toEqual({ ...asked, outputRules: rules?.version });
});
