/** What moderation models take at once. */
const textsMax = 32;

/** What users say in a chat, one text a message: the newest, in their order. */
export function userTexts(messages: unknown[]): string[] {
  return messages
    .flatMap((message) => (isUserMessage(message) ? [textOf(message.content)] : []))
    .filter((text) => text.trim() !== '')
    .slice(-textsMax);
}

function isUserMessage(message: unknown): message is { content: unknown } {
  return typeof message === 'object' && message !== null && 'role' in message && message.role === 'user' && 'content' in message;
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.flatMap((part: { text?: unknown } | null) => (typeof part?.text === 'string' ? [part.text] : [])).join('\n');
}
