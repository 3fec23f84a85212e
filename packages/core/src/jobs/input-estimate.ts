import { imageTokens, isImage } from './images.ts';

/** Tokens a chat format adds around every message, with room to spare. */
const perMessage = 8;

/**
 * An upper estimate of the input tokens of messages and whatever else goes along (tools, schemas), cheap enough for the API's
 * event loop: a third of the ASCII characters and one and a half for every other one, and 1,600 for an image. No tokenizer here: it would take
 * milliseconds for what a hold only has to be above of.
 */
export function estimateInput(messages: unknown[], extras: unknown[]): number {
  return tokensOf([...messages, ...extras]) + perMessage * (messages.length + 1);
}

/** The same for texts that are no chat. */
export function estimateTexts(texts: unknown[]): number {
  return tokensOf(texts) + perMessage * texts.length;
}

function tokensOf(values: unknown[]): number {
  const { ascii, other, images } = values.map(countIn).reduce(sum, nothing);
  return Math.ceil(ascii / 3 + other * 1.5) + images * imageTokens;
}

interface Content {
  ascii: number;
  other: number;
  /** Their data is no text. */
  images: number;
}

const nothing: Content = { ascii: 0, other: 0, images: 0 };

const sum = (a: Content, b: Content): Content => ({ ascii: a.ascii + b.ascii, other: a.other + b.other, images: a.images + b.images });

function countIn(value: unknown): Content {
  if (typeof value === 'string') return countCharacters(value);
  if (typeof value !== 'object' || value === null) return { ...nothing, ascii: 4 };
  if (isImage(value)) return { ...nothing, images: 1 };
  return Object.entries(value)
    .map(([key, item]) => sum({ ...nothing, ascii: key.length }, countIn(item)))
    .reduce(sum, nothing);
}

function countCharacters(text: string): Content {
  let other = 0;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 127) other += 1;
  return { ascii: text.length - other, other, images: 0 };
}
