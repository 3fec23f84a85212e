import type { ProviderQuirks } from '@sluice/contract';

/** Local servers need no key, and take any. */
export function keyHeader(apiKey: string, { keyHeader: { name, prefix } }: ProviderQuirks): Record<string, string> {
  return { [name]: `${prefix}${apiKey || 'none'}` };
}
