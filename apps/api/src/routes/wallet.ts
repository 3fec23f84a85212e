import { listOf, ListQuery, presentList, TransferObject, WalletObject } from '@sluice/contract';
import { getWallet, listTransfers, presentTransfer, presentWallet, type Database } from '@sluice/core';
import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { answers, operation } from '../http/describe-route.ts';
import { parse } from '../http/parse.ts';
import { principalOf } from '../http/principal.ts';

interface WalletRoutesParts {
  db: Database;
}

/** The caller's own credits. */
export function walletRoutes({ db }: WalletRoutesParts): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    res.json(presentWallet(await getWallet(db.em(), principalOf(req).userId)));
  });

  router.get('/transfers', async (req, res) => {
    const query = parse(ListQuery, req.query);
    const transfers = await listTransfers(db.em(), principalOf(req).userId, query);
    res.json(presentList(transfers.map(presentTransfer), query.limit));
  });

  return router;
}

const tags = ['Credits'];

export const walletPaths: ZodOpenApiPathsObject = {
  '/v1/wallet': { get: operation({ tags, summary: 'What you have', responses: answers({ 200: WalletObject }) }) },
  '/v1/wallet/transfers': {
    get: operation({
      tags,
      summary: 'List what came into your wallet and what went out',
      requestParams: { query: ListQuery },
      responses: answers({ 200: listOf(TransferObject) }),
    }),
  },
};
