import { z } from 'zod';

/** The body of an answer that is not 2xx on the routes that speak OpenAI's protocol: all four keys, always. */
export const OpenAiErrorBody = z
  .object({
    error: z.object({
      message: z.string(),
      type: z.string(),
      param: z.string().nullable(),
      code: z.string().nullable(),
    }),
  })
  .meta({ id: 'OpenAiError' });
export type OpenAiErrorBody = z.infer<typeof OpenAiErrorBody>;
