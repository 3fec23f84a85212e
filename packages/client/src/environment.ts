/** What Node's environment says; a browser has none. */
export function readEnvironment(name: 'SLUICE_URL' | 'SLUICE_API_KEY'): string | undefined {
  const value = globalThis.process?.env?.[name];
  return value === '' ? undefined : value;
}
