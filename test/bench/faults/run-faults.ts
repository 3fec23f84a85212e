import { createClosers } from '@sluice/platform';
import { deadVendor } from './dead-vendor.ts';
import { renderFigures, type FaultFigure } from './fault-report.ts';
import { createFaultStage, type FaultStage } from './fault-stage.ts';
import { keyRests } from './key-rests.ts';
import { killedWorker } from './killed-worker.ts';
import { limitsHold } from './limits-hold.ts';
import { randomFaults } from './random-faults.ts';

/**
 * npm run bench -- faults [--quick]: providers that fail in every way, scripted by the simulator over real sockets, and what Sluice
 * makes of it. It prints what was promised beside what was measured; the exit code is 1 when a promise was not kept.
 */
export async function runFaults(isQuick: boolean): Promise<void> {
  const closers = createClosers();
  const figures: FaultFigure[] = [];
  const scenarios: [string, (stage: FaultStage) => Promise<FaultFigure[]>][] = [
    ['a dead vendor', deadVendor],
    ['a key that rests', keyRests],
    ['random faults', (stage) => randomFaults(stage, isQuick ? 500 : 5000)],
    ['limits', limitsHold],
    ['killed workers', killedWorker],
  ];
  try {
    const stage = await createFaultStage(closers);
    for (const [name, run] of scenarios) {
      const startedAt = performance.now();
      figures.push(...(await run(stage)));
      console.error(`${name}: ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    }
  } finally {
    // What was measured is told, whatever ended the rest.
    console.log(renderFigures(figures.toSorted((a, b) => (a.scenario < b.scenario ? -1 : Number(a.scenario > b.scenario)))));
    await closers.closeAll();
  }
  if (figures.some(({ isGood }) => !isGood)) process.exitCode = 1;
}
