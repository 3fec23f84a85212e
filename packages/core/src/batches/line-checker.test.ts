import { batchLinesMax } from '@sluice/contract';
import { expect, test } from 'vitest';
import { createLineChecker, type CheckedLine } from './line-checker.ts';

const good = { custom_id: 'a', method: 'POST', url: '/v1/chat/completions', body: { model: 'm' } };

function checkAll(
  lines: (string | Uint8Array | null)[],
  isSingleModel = true,
): { checked: CheckedLine[]; whole: unknown[]; model: string | null } {
  const checker = createLineChecker({ endpoint: '/v1/chat/completions', isSingleModel });
  const checked = lines.map((line, i) => checker.check({ number: i + 1, bytes: typeof line === 'string' ? Buffer.from(line) : line }));
  return { checked, whole: checker.finish(), model: checker.model() };
}

const codeOf = (line: CheckedLine | undefined): string | undefined => (line?.type === 'fault' ? line.fault.code : line?.type);

test('a good line is a row with its name and its body', () => {
  const { checked, whole, model } = checkAll([JSON.stringify(good)]);
  expect(checked).toEqual([{ type: 'row', customId: 'a', body: { model: 'm' } }]);
  expect(whole).toEqual([]);
  expect(model).toBe('m');
});

test.each([
  ['not JSON', '{', 'invalid_json_line'],
  ['an array', '[]', 'invalid_json_line'],
  ['a number', '1', 'invalid_json_line'],
  ['null', 'null', 'invalid_json_line'],
  ['nested too deep', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`, 'invalid_json_line'],
  ['too long a line', null, 'invalid_request'],
  ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 'invalid_json_line'],
  ['no custom_id', JSON.stringify({ ...good, custom_id: undefined }), 'invalid_request'],
  ['a custom_id that is a number', JSON.stringify({ ...good, custom_id: 1 }), 'invalid_request'],
  ['an empty custom_id', JSON.stringify({ ...good, custom_id: '' }), 'invalid_request'],
  ['a custom_id with NUL', JSON.stringify({ ...good, custom_id: 'a\u0000' }), 'invalid_request'],
  [
    'a custom_id of half a surrogate pair',
    '{"custom_id":"\\ud83d","method":"POST","url":"/v1/chat/completions","body":{}}',
    'invalid_request',
  ],
  ['a long custom_id', JSON.stringify({ ...good, custom_id: 'x'.repeat(513) }), 'invalid_request'],
  ['another method', JSON.stringify({ ...good, method: 'GET' }), 'invalid_request'],
  ['another url', JSON.stringify({ ...good, url: '/v1/responses' }), 'url_mismatch'],
  ['no body', JSON.stringify({ ...good, body: undefined }), 'invalid_request'],
  ['a body that is a text', JSON.stringify({ ...good, body: 'x' }), 'invalid_request'],
])('%s is a fault of its line', (_what, line, code) => {
  const { checked, whole } = checkAll([line]);
  expect(checked[0]).toMatchObject({ type: 'fault', fault: { code, line: 1 } });
  expect(codeOf(checked[0])).toBe(code);
  expect(whole).toEqual(line === null ? [expect.objectContaining({ code: 'empty_file' })] : []);
});

test('a custom_id may stand on one line only, and the fault names the first', () => {
  const { checked } = checkAll([JSON.stringify(good), '', JSON.stringify(good)]);
  expect(checked.map(codeOf)).toEqual(['row', 'blank', 'duplicate_custom_id']);
  expect(checked[2]).toMatchObject({ fault: { line: 3, message: expect.stringContaining('line 1') } });
});

test('all lines name one model, unless the installation allows several', () => {
  const lines = [good, { ...good, custom_id: 'b', body: { model: 'other' } }].map((line) => JSON.stringify(line));
  expect(checkAll(lines).checked.map(codeOf)).toEqual(['row', 'model_mismatch']);
  const free = checkAll(lines, false);
  expect(free.checked.map(codeOf)).toEqual(['row', 'row']);
  expect(free.model).toBeNull();
});

test('a file without lines, and one with too many, is told of as a whole', () => {
  expect(checkAll(['', '  ']).whole).toEqual([{ code: 'empty_file', message: expect.any(String), param: null, line: null }]);
  const many = Array.from({ length: batchLinesMax + 1 }, (_, i) => JSON.stringify({ ...good, custom_id: `row-${i}` }));
  expect(checkAll(many).whole).toMatchObject([{ code: 'too_many_tasks', line: null }]);
});
