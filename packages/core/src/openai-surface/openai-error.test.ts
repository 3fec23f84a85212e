import { errorCatalogue, type ErrorCode } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import { expect, test } from 'vitest';
import { endError, presentOpenAiError, type OpenAiError } from './openai-error.ts';

const told = (code: ErrorCode, param?: string) => {
  const { status, body } = presentOpenAiError(new AppError(code, 'Words.', param === undefined ? {} : { param }));
  return [status, body.error.type, body.error.code, body.error.param];
};

test('every code has its words in the contract', () => {
  expect(
    Object.fromEntries(
      Object.keys(errorCatalogue).map((code) => [
        code,
        told(code as ErrorCode)
          .slice(0, 3)
          .join(' '),
      ]),
    ),
  ).toMatchObject({
    invalid_request: '400 invalid_request_error ',
    unauthenticated: '401 invalid_request_error invalid_api_key',
    insufficient_credits: '429 insufficient_quota insufficient_quota',
    forbidden: '403 invalid_request_error insufficient_permissions',
    not_found: '404 invalid_request_error ',
    conflict: '409 invalid_request_error ',
    too_large: '413 invalid_request_error request_too_large',
    idempotency_mismatch: '422 invalid_request_error idempotency_key_reused',
    rate_limited: '429 rate_limit_error rate_limit_exceeded',
    internal: '500 server_error server_error',
    unavailable: '503 service_unavailable_error server_is_overloaded',
    provider_unavailable: '500 server_error server_error',
    provider_rejected: '400 invalid_request_error invalid_prompt',
    deadline_exceeded: '504 server_error queue_wait_timeout',
  });
});

test('an unknown model has a code of its own', () => {
  expect(told('not_found', 'model')).toEqual([404, 'invalid_request_error', 'model_not_found', 'model']);
});

test('places in arrays are written in brackets', () => {
  expect(told('invalid_request', 'input.0.content.12.text')[3]).toBe('input[0].content[12].text');
  expect(told('invalid_request', 'metadata.a1')[3]).toBe('metadata.a1');
});

test('a failed job is told by what went wrong with its provider', () => {
  const failed = { status: 'failed', errorCode: 'provider_rejected', errorMessage: 'Too long.' };
  expect(presentOpenAiError(endError({ ...failed, failure: 'context_too_long' }) as OpenAiError).body.error).toEqual({
    message: 'Too long.',
    type: 'invalid_request_error',
    param: 'input',
    code: 'context_length_exceeded',
  });
  expect(endError({ ...failed, failure: 'context_too_long', surface: 'chat' })).toMatchObject({ param: 'messages' });
  expect(endError({ ...failed, failure: 'content_filtered' })).toMatchObject({ openAiCode: 'content_filter' });
  expect(endError({ ...failed, failure: 'bad_request' })).toMatchObject({ code: 'provider_rejected' });
  expect(endError({ status: 'completed' })).toBeNull();
});
