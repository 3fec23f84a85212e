import { readSettings, runMain } from '@sluice/platform';
import { composeApi } from './compose.ts';

await runMain(async () => {
  const running = await composeApi(readSettings('api'));
  console.log(`sluice ready ${running.server.url}`);
  return running;
});
