/** Tokens a chat format adds around every message, with room to spare. */
const perMessage = 8;

/**
 * An upper estimate of the input tokens of messages and whatever else goes along (tools, schemas), cheap enough for the API's
 * event loop: a third of the ASCII characters and one and a half for every other one. No tokenizer here: it would take
 * milliseconds for what a hold only has to be above of.
 */
export function estimateInput(messages: unknown[], extras: unknown[]): number {
  const { ascii, other } = [...messages, ...extras].map(countIn).reduce(sum, { ascii: 0, other: 0 });
  return Math.ceil(ascii / 3 + other * 1.5) + perMessage * (messages.length + 1);
}

/** The same for texts that are no chat. */
export function estimateTexts(texts: unknown[]): number {
  const { ascii, other } = texts.map(countIn).reduce(sum, { ascii: 0, other: 0 });
  return Math.ceil(ascii / 3 + other * 1.5) + perMessage * texts.length;
}

interface Characters {
  ascii: number;
  other: number;
}

const sum = (a: Characters, b: Characters): Characters => ({ ascii: a.ascii + b.ascii, other: a.other + b.other });

function countIn(value: unknown): Characters {
  if (typeof value === 'string') return countCharacters(value);
  if (typeof value !== 'object' || value === null) return { ascii: 4, other: 0 };
  return Object.entries(value)
    .map(([key, item]) => sum({ ascii: key.length, other: 0 }, countIn(item)))
    .reduce(sum, { ascii: 0, other: 0 });
}

function countCharacters(text: string): Characters {
  let other = 0;
  for (let i = 0; i < text.length; i += 1) if (text.charCodeAt(i) > 127) other += 1;
  return { ascii: text.length - other, other };
}
