import type { OwnKeyObject } from '@sluice/contract';
import type { EntityManager } from '@mikro-orm/postgresql';
import type { RawBuilder } from 'kysely';
import { execute, sql } from '../database/index.ts';

/** A user's key as it may be shown: no statement of this file reads a ciphertext. */
export interface OwnKeyRow extends Omit<OwnKeyObject, 'object'> {
  providerId: string;
}

/** Reads users' keys; `rest` is what follows `from own_keys k join providers p`, such as `where k.id = ...`. */
export function selectOwnKeys(em: EntityManager, rest: RawBuilder<unknown>): Promise<OwnKeyRow[]> {
  return execute<OwnKeyRow>(
    em,
    sql`select k.id, k.provider_id as "providerId", p.name as provider, k.name, k.last_four, k.enabled, k.disabled_reason,
               to_char(k.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as created_at,
               to_char(k.rotated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as rotated_at
        from own_keys k join providers p on p.id = k.provider_id ${rest}`,
  );
}
