import { sql } from '../database/index.ts';

/** Callers name a default route by this and a capability: `default:text`. */
const defaultPrefix = 'default:';

/** The row that an alias means, or `default:` and a capability. */
export function isNamed(alias: string) {
  if (!alias.startsWith(defaultPrefix)) return sql`m.alias = ${alias}`;
  return sql`m.id = (select model_id from default_models where capability = ${alias.slice(defaultPrefix.length)})`;
}
