import { createClosers } from '@sluice/platform';
import { measureBulk, measureMemory, measureSettlements, measureStreams, measureSubmits } from './parts.ts';
import { createReport } from './report.ts';
import { fullSizes, quickSizes } from './sizes.ts';
import { createWorld } from './world.ts';

/*
 * `npm run bench [-- --quick]`: Sluice beside the provider called directly and beside the tutorial's version of itself, on one machine, in
 * one run, their rounds interleaved so that noise meets all of them. See README.md for what the figures mean.
 */
const sizes = process.argv.includes('--quick') ? quickSizes : fullSizes;
const report = createReport();
const closers = createClosers();
try {
  const world = await createWorld(closers);
  const options = { sizes, report, providerUrl: world.providerUrl };
  await world.act('taking', async (stage) => {
    await measureMemory(stage, options);
    await measureSubmits(stage, options);
    await measureBulk(stage, options);
  });
  await world.act('streaming', async (stage) => {
    await stage.baseline.startWorker();
    await stage.sluice.startWorker();
    await measureSettlements(stage, options);
    await measureStreams(stage, options);
  });
  report.print();
  console.log(`\nEvery round's figures: ${report.save({ ...sizes })}`);
} finally {
  await closers.closeAll();
}
