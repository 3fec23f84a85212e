import { readSettings, runMain } from '@sluice/platform';
import { composeWorker } from './compose.ts';

await runMain(async () => {
  const running = await composeWorker(readSettings('worker'));
  console.log('sluice worker ready');
  return running;
});
