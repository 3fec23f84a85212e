import type { Principal } from '../users/index.ts';
import { sql } from '../database/index.ts';

/** Who looks at templates: their own, and those for everybody, of which only administrators see what is not published. */
export type TemplateReader = Pick<Principal, 'userId' | 'role'>;

/** The version that a reader sees unless they ask for another: the newest they may edit, else the published one. */
export const versionSeenBy = ({ userId, role }: TemplateReader) =>
  sql`case when t.user_id = ${userId} or ${role === 'admin'} then t.latest else t.published end`;

/** Their own and those for everybody. */
export const isSeenBy = ({ userId }: TemplateReader) => sql`(t.user_id = ${userId} or t.user_id is null)`;
