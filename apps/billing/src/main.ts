import { readSettings, runMain } from '@sluice/platform';
import { composeBilling } from './compose.ts';

await runMain(async () => {
  const running = await composeBilling(readSettings('billing'));
  console.log('sluice billing ready');
  return running;
});
