import type { OutputText } from '@sluice/contract';

/** A text of an answer. The lists are always there: clients read them without looking. */
export function outputText(text: string): OutputText {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}
