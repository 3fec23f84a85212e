const place = /\{\{\s*([^{}]+?)\s*\}\}/g;

/** The names that a prompt such as `Describe {{title}}` asks for, each once, in the order they come. */
export function variablesOf(prompt: string): string[] {
  return [...new Set([...prompt.matchAll(place)].map((match) => match[1] ?? ''))];
}

/**
 * Puts values in place of `{{name}}`, as they are: nothing in a value is looked at again, and there is no logic. What is not a text
 * is written as JSON, what is missing as nothing.
 */
export function renderPrompt(prompt: string, values: Record<string, unknown>): string {
  return prompt.replaceAll(place, (_, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
