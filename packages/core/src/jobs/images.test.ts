import { AppError } from '@sluice/platform';
import { expect, test } from 'vitest';
import { refuseWrongImages, refuseWrongParts } from './images.ts';

const seeing = { alias: 'eyes', capabilities: ['text' as const, 'vision' as const] };
const blind = { alias: 'ears', capabilities: ['text' as const] };
const image = (url: unknown) => ({ type: 'image_url', image_url: { url } });
const asking = (...parts: unknown[]) => [
  { role: 'system', content: 'Look.' },
  { role: 'user', content: [{ type: 'text', text: 'What?' }, ...parts] },
];

function refusalOf(messages: unknown[], model: Parameters<typeof refuseWrongImages>[1] = seeing): AppError | null {
  try {
    refuseWrongImages(messages, model);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

test('URLs and data URLs of images are let through', () => {
  const urls = ['https://example.com/a.png?x=1', 'HTTP://example.com/a', 'data:image/png;base64,AAAA', 'data:image/JPEG;base64,/9j/'];
  expect(refusalOf(asking(...urls.map(image), { type: 'image_url', image_url: 'https://example.com/a.png' }))).toBeNull();
  expect(refusalOf([{ role: 'user', content: 'No picture.' }, { role: 'assistant' }], blind)).toBeNull();
});

test.each([
  'ftp://example.com/a.png',
  'file:///etc/passwd',
  'http://',
  'a.png',
  '',
  null,
  { href: 'x' },
  `https://example.com/${'a'.repeat(9000)}`,
  'data:image/svg+xml;base64,AAAA',
  'data:text/html;base64,AAAA',
  'data:image/png,AAAA',
  'data:image/png;base64,',
  `data:image/png;base64,${'A'.repeat(14_000_000)}`,
])('another one is refused by its path: %.60j', (url) => {
  expect(refusalOf(asking(image(url)))).toMatchObject({ code: 'invalid_request', param: 'messages.1.content.1.image_url.url' });
});

test('more than fifty are refused', () => {
  const images = Array.from({ length: 51 }, () => image('https://example.com/a.png'));
  expect(refusalOf(asking(...images))).toMatchObject({ param: 'messages', message: expect.stringContaining('at most 50 images, not 51') });
});

test('the parts of a moderation are checked too', () => {
  expect(() => refuseWrongParts('text')).not.toThrow();
  expect(() => refuseWrongParts([{ type: 'text', text: 'x' }, image('https://example.com/a.png')])).not.toThrow();
  expect(() => refuseWrongParts([image('file:///a')])).toThrow(expect.objectContaining({ param: 'input.0.image_url.url' }));
});

test('a model that reads none is named, with what it can do', () => {
  expect(refusalOf(asking(image('https://example.com/a.png')), blind)?.message).toContain('ears is not said to read images');
});
