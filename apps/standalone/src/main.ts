import { readSettings, runMain } from '@sluice/platform';
import { composeStandalone } from './compose.ts';

await runMain(async () => {
  const running = await composeStandalone(readSettings('standalone'));
  console.log(`sluice ready ${running.url}`);
  console.log(running.welcome);
  return running;
});
