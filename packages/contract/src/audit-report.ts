import { z } from 'zod';

/** One rule that the rows must keep; `findings` counts the rows that break it, `examples` shows some. */
export const AuditResult = z.object({
  id: z.string(),
  title: z.string(),
  findings: z.int().nonnegative(),
  examples: z.array(z.object({ subject: z.string(), detail: z.string() })),
});
export type AuditResult = z.infer<typeof AuditResult>;

export const AuditReport = z
  .object({ object: z.literal('audit_report'), findings: z.int().nonnegative(), invariants: z.array(AuditResult) })
  .meta({ id: 'AuditReport' });
export type AuditReport = z.infer<typeof AuditReport>;
