import { z } from 'zod';

/** What becomes of an answer that does not fit the JSON schema it was asked in. */
export const OutputCheck = z
  .strictObject({
    on_invalid: z
      .enum(['mark', 'fail'])
      .default('mark')
      .meta({ description: 'mark: the job is completed, its output says `schema_valid: false`; fail: it fails with `output_invalid`' }),
    repair: z
      .boolean()
      .default(false)
      .meta({ description: 'Shows the model its answer with the faults and asks once more, as another attempt that is charged too' }),
  })
  .meta({ id: 'OutputCheck' });
export type OutputCheck = z.infer<typeof OutputCheck>;
