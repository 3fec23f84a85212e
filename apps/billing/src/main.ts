import { readSettings, runMain } from '@sluice/platform';
import { composeBilling } from './compose.ts';

await runMain(() => composeBilling(readSettings('billing')));
