/** What can be measured, by the word that asks for it. */
const parts: Record<string, () => Promise<unknown>> = {
  compare: () => import('./compare.ts'),
  batches: () => import('./batches.ts'),
  cli: () => import('./cli.ts'),
  faults: async () => (await import('./faults/run-faults.ts')).runFaults(process.argv.includes('--quick')),
};

/*
 * npm run bench [-- PART] [-- OPTIONS]: without a part, Sluice beside others. README.md tells what the figures mean.
 */
const [asked = ''] = process.argv.slice(2);
await(parts[asked] ?? parts['compare'])?.();
