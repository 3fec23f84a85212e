import { createHash } from 'node:crypto';
import type { JobKind, Price, TokenCounts } from '@sluice/contract';
import { creditScale, parseCredits, priceUsage, renderCredits, roundHalfUp } from '../../billing/index.ts';
import type { JobRequest, Route } from '../job-request.ts';
import type { CacheTerms } from './plan-cache.ts';

/** What a job needs to take an answer from the cache, and to give its own. */
export interface CacheUse {
  /** In hexadecimal. */
  key: string;
  ttlS: number;
  /** The factor of a job that takes an answer, the job's own in it, with its 4 places. */
  priceFactor: string;
  /** The job's own, frozen. */
  price: Price;
}

interface Question {
  userId: string;
  kind: JobKind;
  model: string;
  routes: Route[];
  request: JobRequest;
  maxTokens: number;
  templateVersionId: string | null;
  usesOwnKey: boolean;
  priceFactor: string;
  outputRules: string | undefined;
}

/** Makes the key of a question, and the terms on which it is answered. Pure. */
export function planCacheUse(question: Question, terms: CacheTerms, price: Price): CacheUse {
  const product = parseCredits(question.priceFactor) * parseCredits(terms.priceFactor);
  return { key: keyOf(question, terms), ttlS: terms.ttlS, priceFactor: renderCredits(roundHalfUp(product, creditScale)), price };
}

/**
 * Equal for jobs whose answers stand for each other: who may share, the model and where it leads, all that is sent there, and by
 * which rules the answer is looked through. The order of names in what the caller sent counts, because a model may read it. What is
 * asked with somebody's own provider key is theirs alone, and waits for no call with another key.
 */
function keyOf({ userId, usesOwnKey, ...question }: Question, { scope }: CacheTerms): string {
  const { kind, model, routes, request, maxTokens, templateVersionId, outputRules } = question;
  const owner = scope === 'user' || usesOwnKey ? userId : null;
  const asked = [owner, kind, model, routes, templateVersionId, request, maxTokens, outputRules, usesOwnKey];
  return createHash('sha256').update(JSON.stringify(asked)).digest('hex');
}

/** What a job costs that takes an answer of so many tokens: known before, so that no more is held. */
export function costOfHit({ price, priceFactor }: CacheUse, tokens: TokenCounts, isBatch: boolean): string {
  return priceUsage(price, tokens, { isBatch, priceFactor }).cost;
}
