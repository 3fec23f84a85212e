import type { SimDirective } from '@sluice/providers';

/** A prompt that tells the simulator what to do. */
export function ask(directive: Partial<SimDirective>, text = 'Hello.'): string {
  return `[[sim ${JSON.stringify(directive)}]] ${text}`;
}
