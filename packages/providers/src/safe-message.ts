import { toStorable } from '@sluice/contract';

const messageMaxLength = 500;
/** Vendors quote keys back, in full or with stars in the middle. */
const keyLike = /\b[sp]k-[\w*.-]{8,}/g;
const controlCharacters = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** A message made safe to show and store: without the key, without control characters or direction marks, at most 500 characters. */
export function safeMessage(message: string, apiKey: string): string {
  const secretFree = (apiKey ? message.replaceAll(apiKey, '***') : message).replaceAll(keyLike, '***');
  const text = toStorable(secretFree).replaceAll(controlCharacters, ' ').replaceAll(/ {2,}/g, ' ').trim();
  return text.length > messageMaxLength ? toStorable(`${text.slice(0, messageMaxLength - 1)}…`) : text;
}
