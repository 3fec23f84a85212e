import { Router } from 'express';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import type { ApiParts } from './api-parts.ts';
import type { Access } from './http/access.ts';
import { adjustmentPaths, adjustmentRoutes } from './routes/adjustments.ts';
import { adminModelPaths, adminModelRoutes } from './routes/admin-models.ts';
import { adminProviderPaths, adminProviderRoutes } from './routes/admin-providers.ts';
import { adminUsagePaths, adminUsageRoutes } from './routes/admin-usage.ts';
import { adminUserPaths, adminUserRoutes } from './routes/admin-users.ts';
import { apiKeyPaths, apiKeyRoutes } from './routes/api-keys.ts';
import { auditLogPaths, auditLogRoutes } from './routes/audit-log.ts';
import { auditPaths, auditRoutes } from './routes/audit.ts';
import { authPaths, authRoutes } from './routes/auth.ts';
import { batchPaths } from './routes/batch-paths.ts';
import { batchRoutes } from './routes/batches.ts';
import { chatCompletionPaths, chatCompletionRoutes } from './routes/chat-completions.ts';
import { embeddingPaths, embeddingRoutes, moderationPaths, moderationRoutes, rerankPaths, rerankRoutes } from './routes/embeddings.ts';
import { filePaths, fileRoutes } from './routes/files.ts';
import { defaultModelPaths, defaultModelRoutes } from './routes/default-models.ts';
import { initPaths, initRoutes } from './routes/init.ts';
import { jobEventRoutes } from './routes/job-events.ts';
import { jobPaths } from './routes/job-paths.ts';
import { jobRoutes } from './routes/jobs.ts';
import { lanePaths, laneRoutes } from './routes/lanes.ts';
import { mePaths, meRoutes } from './routes/me.ts';
import { modelPaths, modelRoutes } from './routes/models.ts';
import { ownKeyPaths } from './routes/own-key-paths.ts';
import { ownKeyRoutes } from './routes/own-keys.ts';
import { orderPaths, orderRoutes } from './routes/orders.ts';
import { templatePaths } from './routes/template-paths.ts';
import { templateRoutes } from './routes/templates.ts';
import { responsePaths } from './routes/response-paths.ts';
import { responseRoutes } from './routes/responses.ts';
import { usagePaths, usageRoutes } from './routes/usage.ts';
import { vendorPaths, vendorRoutes } from './routes/vendors.ts';
import { walletPaths, walletRoutes } from './routes/wallet.ts';
import { wordListPaths, wordListRoutes } from './routes/word-lists.ts';
import { webhookEndpointRoutes, webhookEventTypeRoutes } from './routes/webhook-endpoints.ts';
import { webhookEndpointPaths, webhookEventTypePaths } from './routes/webhook-paths.ts';

export interface Mount {
  path: string;
  access: Access;
  router: Router;
  paths: ZodOpenApiPathsObject;
  /** 64 kB unless set; null where the routes read their bodies themselves. */
  bodyBytesMax?: number | null;
  /** Set where the routes speak OpenAI's protocol: its headers, and its body of errors. */
  dialect?: 'openai';
}

const jobBytesMax = 8 * 1024 * 1024;

/** Images come inside the body. */
const openAiBytesMax = 16 * 1024 * 1024;

/** Every route under `/v1`, who may call it and how it is documented. */
export function mountsOf(parts: ApiParts): Mount[] {
  return [
    { path: '/v1/auth', access: 'public', router: authRoutes(parts), paths: authPaths },
    {
      path: '/v1/jobs',
      access: 'jobs',
      router: Router().use(jobEventRoutes(parts), jobRoutes(parts)),
      paths: jobPaths,
      bodyBytesMax: jobBytesMax,
    },
    {
      path: '/v1/chat/completions',
      access: 'jobs',
      dialect: 'openai',
      router: chatCompletionRoutes(parts),
      paths: chatCompletionPaths,
      bodyBytesMax: openAiBytesMax,
    },
    {
      path: '/v1/responses',
      access: 'jobs',
      dialect: 'openai',
      router: responseRoutes(parts),
      paths: responsePaths,
      bodyBytesMax: openAiBytesMax,
    },
    ...wholeMounts(parts),
    { path: '/v1/files', access: 'jobs', dialect: 'openai', router: fileRoutes(parts), paths: filePaths, bodyBytesMax: null },
    { path: '/v1/batches', access: 'jobs', dialect: 'openai', router: batchRoutes(parts), paths: batchPaths },
    { path: '/v1/models', access: 'jobs', dialect: 'openai', router: modelRoutes(parts), paths: modelPaths },
    { path: '/v1/templates', access: 'jobs', router: templateRoutes(parts), paths: templatePaths, bodyBytesMax: jobBytesMax },
    { path: '/v1/webhook_endpoints', access: 'jobs', dialect: 'openai', router: webhookEndpointRoutes(parts), paths: webhookEndpointPaths },
    { path: '/v1/webhook_event_types', access: 'jobs', dialect: 'openai', router: webhookEventTypeRoutes(), paths: webhookEventTypePaths },
    { path: '/v1/me', access: 'account', router: meRoutes(parts), paths: mePaths },
    { path: '/v1/api-keys', access: 'account', router: apiKeyRoutes(parts), paths: apiKeyPaths },
    { path: '/v1/provider-keys', access: 'account', router: ownKeyRoutes(parts), paths: ownKeyPaths },
    { path: '/v1/wallet', access: 'account', router: walletRoutes(parts), paths: walletPaths },
    { path: '/v1/usage', access: 'account', router: usageRoutes(parts), paths: usagePaths },
    { path: '/v1/admin/users', access: 'admin', router: adminUserRoutes(parts), paths: adminUserPaths },
    { path: '/v1/admin/providers', access: 'admin', router: adminProviderRoutes(parts), paths: adminProviderPaths },
    { path: '/v1/admin/vendors', access: 'admin', router: vendorRoutes(parts), paths: vendorPaths },
    { path: '/v1/admin/init', access: 'admin', router: initRoutes(parts), paths: initPaths },
    { path: '/v1/admin/models', access: 'admin', router: adminModelRoutes(parts), paths: adminModelPaths },
    { path: '/v1/admin/default-models', access: 'admin', router: defaultModelRoutes(parts), paths: defaultModelPaths },
    {
      path: '/v1/admin/word-lists',
      access: 'admin',
      router: wordListRoutes(parts),
      paths: wordListPaths,
      bodyBytesMax: jobBytesMax,
    },
    { path: '/v1/admin/lanes', access: 'admin', router: laneRoutes(parts), paths: lanePaths },
    { path: '/v1/admin/orders', access: 'admin', router: orderRoutes(parts), paths: orderPaths },
    { path: '/v1/admin/adjustments', access: 'admin', router: adjustmentRoutes(parts), paths: adjustmentPaths },
    { path: '/v1/admin/usage', access: 'admin', router: adminUsageRoutes(parts), paths: adminUsagePaths },
    { path: '/v1/admin/audit', access: 'admin', router: auditRoutes(parts), paths: auditPaths },
    { path: '/v1/admin/audit-log', access: 'admin', router: auditLogRoutes(parts), paths: auditLogPaths },
  ];
}

/** OpenAI's routes, and those in its manner, that answer in one piece. */
function wholeMounts(parts: ApiParts): Mount[] {
  const routes = [
    { path: '/v1/embeddings', router: embeddingRoutes(parts), paths: embeddingPaths },
    { path: '/v1/rerank', router: rerankRoutes(parts), paths: rerankPaths },
    { path: '/v1/moderations', router: moderationRoutes(parts), paths: moderationPaths },
  ];
  return routes.map((route) => ({ ...route, access: 'jobs', dialect: 'openai', bodyBytesMax: openAiBytesMax }));
}
