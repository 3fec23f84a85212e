import type { Child } from './child.ts';

/** One HTTP request, the same each time it is sent. */
export interface Call {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
}

/** One of the things that are compared. All of them answer the same questions, asked of the same provider. */
export interface Side {
  name: string;
  origin: string;
  /** Hands in a question, or asks it where nothing is handed in. */
  submit(question: string): Call;
  /** Where the answer to what was handed in is streamed; null where the reply to `submit` is the stream. */
  follow: ((reply: string) => Call) | null;
  /** The text in one `data:` line of the stream, the end of the stream, or nothing of interest. */
  read(data: string): { text: string } | 'end' | null;
}

/** A side and the processes that serve it, of which the first is the one callers talk to. */
export interface Contender {
  side: Side;
  processes: Child[];
}

/** What the simulator is told inside a question. */
export function question(directive: Record<string, unknown>): string {
  return `[[sim ${JSON.stringify(directive)}]] How long is a piece of string?`;
}
