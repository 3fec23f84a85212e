import { expect, test } from 'vitest';
import { createRunningAttempts } from './running-attempts.ts';

test('an attempt that ends late takes nothing from the next one of its job', () => {
  const running = createRunningAttempts();
  const first = running.start('job_1');
  const second = running.start('job_1');
  running.end('job_1', first);
  expect(running.jobIds()).toEqual(['job_1']);
  running.stop('job_1', 'cancel');
  expect([first.signal.aborted, second.signal.aborted]).toEqual([false, true]);
  running.end('job_1', second);
  expect(running.count()).toBe(0);
});
