import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Starts the files that run whole worlds before the small ones beside the sources. They wait more than they work (for leases, for
 * time-outs, for processes to start), so whatever runs beside them has the processor, and none of them is left for the end.
 */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isWorld = ({ moduleId }: TestSpecification): boolean => /\/test\/(guarantees|conformance|e2e|cli|client)\//.test(moduleId);
    return [...sorted.filter(isWorld), ...sorted.filter((file) => !isWorld(file))];
  }
}
