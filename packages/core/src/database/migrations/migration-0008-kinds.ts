import { Migration } from '@mikro-orm/migrations';

/** Jobs that are no chats. */
export class Migration0008Kinds extends Migration {
  override up(): void {
    this.addSql(kinds);
  }

  override down(): never {
    throw new Error('Migrations only go forward; restore a backup instead.');
  }
}

const kinds = `
alter table jobs
  -- Which of the shapes of \`request\` and \`output\` these are.
  add column kind text not null default 'text' check (kind in ('text', 'embedding', 'rerank', 'moderation')),
  -- The faulty answer that the next attempt is asked to repair, and what it used.
  add column repair json,
  drop constraint jobs_max_tokens_check,
  add constraint jobs_max_tokens_check check (max_tokens >= 0),
  drop constraint jobs_surface_check,
  add constraint jobs_surface_check check (surface in ('jobs', 'chat', 'responses', 'embeddings', 'rerank', 'moderations'));
`;
