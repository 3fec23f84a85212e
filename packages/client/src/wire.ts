import type {
  AuditReport,
  BatchObject,
  BatchRowObject,
  CreateBatchRequest,
  CreateOwnKeyRequest,
  CreateTemplateRequest,
  ErrorBody,
  ErrorCode,
  Fault,
  FileObject,
  JobEvent,
  JobListQuery,
  JobObject,
  MeObject,
  OwnKeyObject,
  OwnKeyTestObject,
  PublicModelObject,
  RenderedTemplateObject,
  RenderTemplateRequest,
  SubmitEmbeddingRequest,
  SubmitModerationRequest,
  SubmitRerankRequest,
  SubmitTextRequest,
  TemplateObject,
  TransferObject,
  UsageRecord,
  UsageReport,
  WalletObject,
} from '@sluice/contract';

/*
 * What crosses the wire, as the contract has it: snake_case, and nothing renamed. The published package carries these same types
 * written out (see build/render-wire.ts), so that it depends on nothing.
 */
export type { AuditReport, ErrorBody, ErrorCode, Fault, FileObject, JobEvent, UsageRecord, UsageReport };
/** OpenAI's object (times are unix seconds), and what this service adds. */
export type Batch = BatchObject;
export type BatchRequest = (typeof CreateBatchRequest)['_zod']['input'];
export type BatchRow = BatchRowObject;
export type Job = JobObject;
export type JobStatus = Job['status'];
export type Me = MeObject;
export type Model = PublicModelObject;
export type RenderedTemplate = RenderedTemplateObject;
export type RenderRequest = (typeof RenderTemplateRequest)['_zod']['input'];
export type Template = TemplateObject;
export type TemplateRequest = (typeof CreateTemplateRequest)['_zod']['input'];
export type Transfer = TransferObject;
export type Wallet = WalletObject;

/** What `POST /v1/jobs` takes for a job of the kind `text`, which is what a job is unless it says. */
export type JobRequest = (typeof SubmitTextRequest)['_zod']['input'];
export type EmbeddingJobRequest = (typeof SubmitEmbeddingRequest)['_zod']['input'];
export type RerankJobRequest = (typeof SubmitRerankRequest)['_zod']['input'];
export type ModerationJobRequest = (typeof SubmitModerationRequest)['_zod']['input'];
/** A job of any kind. */
export type AnyJobRequest = JobRequest | EmbeddingJobRequest | RerankJobRequest | ModerationJobRequest;
export type JobParams = NonNullable<JobRequest['params']>;
/** What `GET /v1/jobs` can be asked for. */
export type JobQuery = Partial<JobListQuery>;
export type ProviderKey = OwnKeyObject;
export type ProviderKeyRequest = (typeof CreateOwnKeyRequest)['_zod']['input'];
export type ProviderKeyTest = OwnKeyTestObject;
