import { parseArgs } from 'node:util';
import { createClosers } from '@sluice/platform';
import { measureFile } from './batch-files.ts';
import { measureBeside, measureKills, measureLimit, measureNeighbour, measureRun, measureValidation } from './batch-measures.ts';
import { startBatchStage } from './batch-stage.ts';
import { createReport } from './report.ts';

/*
 * npm run bench -- batches [--rows 10000] [--large 50000] [--kills 3000] [--places 60] [--seconds 1]: how close a batch comes to what
 * its provider can do at the most (so many places, so many seconds an answer), whether any process grows meanwhile, what somebody else
 * feels of a large one, and whether every row is there once when every process was killed. 0 leaves a part out.
 */
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: '10000' },
    large: { type: 'string', default: '50000' },
    kills: { type: 'string', default: '3000' },
    places: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '1' },
  },
});
const [rows, large, kills, places, seconds] = [values.rows, values.large, values.kills, values.places, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
  number,
];

const report = createReport();
const closers = createClosers();
try {
  const stage = await startBatchStage(closers, places);
  await measureFile(stage, report, 200);
  report.aim("growth of the API's peak memory meanwhile", { kind: 'at-most', value: 64, of: 'absolute' });
  await measureNeighbour(stage, report, 'alone');
  if (large > 0) {
    await measureValidation(stage, report, large);
    await measureBeside(stage, report, { rows: large, seconds });
    report.aim(`somebody else's first token, beside ${large} rows, p99`, { kind: 'at-most', value: 150, of: 'absolute' });
  }
  if (rows > 0) {
    await measureLimit(stage, report, { places, seconds });
    await measureRun(stage, report, { rows, seconds });
    await measureLimit(stage, report, { places, seconds });
    for (const metric of ['rows answered', 'the whole batch, files included'])
      report.aim(metric, { kind: 'at-least', value: 0.9, of: 'direct' });
    for (const role of ['api', 'worker', 'billing'])
      report.aim(`growth of ${role} from a quarter to the end`, { kind: 'at-most', value: 10, of: 'absolute' });
  }
  if (kills > 0) {
    await measureKills(stage, report, { rows: kills, seconds });
    report.aim(`custom ids lost or doubled in ${kills} rows, every process killed once`, { kind: 'at-most', value: 0, of: 'absolute' });
  }
  report.print();
  console.log(`\nEvery figure: ${report.save({ ...values })}`);
} finally {
  await closers.closeAll();
}
