import type { TransferObject } from '@sluice/contract';
import type { Transfer } from './transfers.ts';

/** A ledger row as callers see it. */
export function presentTransfer({ id, userId, kind, debit, credit, amount, jobId, orderId, note, createdAt }: Transfer): TransferObject {
  return {
    id,
    object: 'transfer',
    user_id: userId,
    kind,
    debit,
    credit,
    amount,
    job_id: jobId,
    order_id: orderId,
    note,
    created_at: createdAt,
  };
}
