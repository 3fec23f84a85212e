import { InputItem } from '@sluice/contract';
import { expect, test } from 'vitest';
import { renderMessages } from './render-messages.ts';
import { storeItem, type StoredItem } from './stored-items.ts';

const stored = (...items: object[]): StoredItem[] =>
  items.map((item) => {
    const parsed = InputItem.parse(item);
    if (parsed.type === 'item_reference') throw new Error('a reference is looked up before');
    return storeItem(parsed);
  });
const render = (...items: object[]) => renderMessages(undefined, stored(...items));

test('instructions come first; developer is said as system', () => {
  expect(renderMessages('Be brief.', stored({ role: 'developer', content: 'Be kind.' }, { role: 'user', content: 'Hello.' }))).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'system', content: 'Be kind.' },
    { role: 'user', content: 'Hello.' },
  ]);
});

test('calls go to the message of the assistant that they belong to, their answers follow', () => {
  const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'look', arguments: '{}' });
  expect(
    render(
      { role: 'user', content: 'Look.' },
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'I look.', annotations: [] }] },
      call('call_1'),
      call('call_2'),
      { type: 'function_call_output', call_id: 'call_1', output: 'Sea.' },
      { type: 'function_call_output', call_id: 'call_2', output: [{ type: 'input_text', text: 'Sky.' }] },
      call('call_3'),
    ),
  ).toEqual([
    { role: 'user', content: 'Look.' },
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: ['call_1', 'call_2'].map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'Sea.' },
    { role: 'tool', tool_call_id: 'call_2', content: 'Sky.' },
    { role: 'assistant', content: null, tool_calls: [{ id: 'call_3', type: 'function', function: { name: 'look', arguments: '{}' } }] },
  ]);
});

test('text in parts is one text; with an image it stays in parts', () => {
  const text = { type: 'input_text', text: 'What is this?' };
  expect(render({ role: 'user', content: [text, { type: 'input_text', text: 'And that?' }] })).toEqual([
    { role: 'user', content: 'What is this?\nAnd that?' },
  ]);
  expect(
    render({ role: 'user', content: [text, { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'low' }] }),
  ).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==', detail: 'low' } },
      ],
    },
  ]);
});

test('what a provider cannot read is refused by its place', () => {
  const file = { role: 'user', content: [{ type: 'input_file', file_id: 'file-1' }] };
  expect(() => render({ role: 'user', content: 'x' }, file)).toThrow(expect.objectContaining({ param: 'input.1.content.0.file_id' }));
  const output = { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: 'data:,' }] };
  expect(() => render(output)).toThrow(expect.objectContaining({ param: 'input.0.output' }));
});

test('the items of an answer can be sent back as they came', () => {
  const items = render(
    {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Hi.', annotations: [], logprobs: [], parsed: null }],
    },
    { id: 'fc_1', type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', status: 'completed', parsed_arguments: null },
  );
  expect(items).toMatchObject([{ role: 'assistant', content: 'Hi.', tool_calls: [{ id: 'c' }] }]);
});
