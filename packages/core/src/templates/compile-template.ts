import type { Fault, TemplateContent } from '@sluice/contract';
import { AppError } from '@sluice/platform';
import { findOutputFaults } from './output-format.ts';
import { namesIn, parsePromptText, type Declared, type PromptText } from './prompt-text.ts';
import { createVariableCheck, findWrongDefaults, type VariableCheck } from './variable-check.ts';

/** A template's content, read once and filled in often. */
export interface CompiledTemplate {
  content: TemplateContent;
  system: PromptText;
  user: PromptText;
  check: VariableCheck;
  /** Variables that no tag uses. */
  unused: string[];
}

/**
 * Reads a template: its tags, variables and output.
 * @throws AppError `invalid_request` with every fault: an unclosed or unknown tag, a default that does not fit, a wrong schema
 */
export function compileTemplate(content: TemplateContent): CompiledTemplate {
  const { variables, output } = content;
  const declared: Declared = {
    has: (name) => Object.hasOwn(variables.properties, name),
    isList: (name) => variables.properties[name]?.type === 'array',
  };
  const system = parsePromptText(content.system, 'system', declared);
  const user = parsePromptText(content.user, 'user', declared);
  const faults = [...system.faults, ...user.faults, ...findWrongDefaults(variables), ...findOutputFaults(output)];
  if (faults.length > 0) throw faulty(faults);
  const used = new Set([...namesIn(system.text), ...namesIn(user.text)]);
  const unused = Object.keys(variables.properties).filter((name) => !used.has(name));
  return { content, system: system.text, user: user.text, check: createVariableCheck(variables), unused };
}

/** The error for faults of which there is at least one. */
export function faulty(faults: Fault[]): AppError {
  const shown = faults.slice(0, 100);
  const [first] = shown;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more, see errors)` : '';
  return new AppError('invalid_request', `${first?.path}: ${first?.message}${more}`, {
    faults: shown,
    ...(first && { param: first.path }),
  });
}
