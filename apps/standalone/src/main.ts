import { readSettings, runMain } from '@sluice/platform';
import { composeOnRedis } from './compose-on-redis.ts';
import { composeStandalone } from './compose.ts';

await runMain(async () => {
  const settings = readSettings('standalone');
  const running = await (settings.REDIS_URL ? composeOnRedis(settings) : composeStandalone(settings));
  console.log(`sluice ready ${running.url}`);
  console.log(running.welcome);
  return running;
});
