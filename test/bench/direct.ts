import type { Contender } from './side.ts';

/** The provider itself, called as an application without any queue would: what no service in front of it can beat. */
export function direct(baseUrl: string, isStream: boolean): Contender {
  const { origin, pathname } = new URL(baseUrl);
  const headers = { 'content-type': 'application/json', authorization: 'Bearer sk-bench' };
  return {
    processes: [],
    side: {
      name: 'direct',
      origin,
      submit: (text) => ({
        method: 'POST',
        path: `${pathname}/chat/completions`,
        headers,
        body: JSON.stringify({ model: 'sluice-sim', stream: isStream, messages: [{ role: 'user', content: text }] }),
      }),
      follow: null,
      read(data) {
        if (data === '[DONE]') return 'end';
        const chunk = JSON.parse(data) as { choices: { delta?: { content?: string } }[] };
        const text = chunk.choices[0]?.delta?.content;
        return text ? { text } : null;
      },
    },
  };
}
