import type { TemplateValues } from '@sluice/contract';
import { faulty, type CompiledTemplate } from './compile-template.ts';
import { renderPrompt } from './render-prompt.ts';

export interface PromptMessage {
  role: 'system' | 'user';
  content: string;
}

/**
 * The messages of a template for these values. Pure.
 * @throws AppError `invalid_request` with every fault of the values by its path, or when the result is too long
 */
export function renderTemplate({ content, system, user, check }: CompiledTemplate, given: TemplateValues): PromptMessage[] {
  const { values, faults } = check(given);
  if (faults.length > 0) throw faulty(faults);
  const filled = Object.fromEntries(Object.keys(content.variables.properties).map((name) => [name, values[name] ?? '']));
  const messages: PromptMessage[] = [
    { role: 'system', content: renderPrompt(system, filled) },
    { role: 'user', content: renderPrompt(user, filled) },
  ];
  return messages.filter(({ role, content: words }) => role === 'user' || words.trim() !== '');
}
