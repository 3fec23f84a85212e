import { z } from 'zod';

/** One thing that an administrator, or the service itself (`system`), changed. */
export const AuditEntryObject = z
  .object({
    id: z.string(),
    object: z.literal('audit_entry'),
    actor_id: z.string(),
    action: z.string().meta({ examples: ['provider.update'] }),
    object_id: z.string(),
    details: z.record(z.string(), z.unknown()),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'AuditEntry' });
export type AuditEntryObject = z.infer<typeof AuditEntryObject>;
