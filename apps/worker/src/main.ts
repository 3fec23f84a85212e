import { readSettings, runMain } from '@sluice/platform';
import { composeWorker } from './compose.ts';

await runMain(() => composeWorker(readSettings('worker')));
