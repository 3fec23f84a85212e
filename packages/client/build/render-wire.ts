import { toJSONSchema, type z } from 'zod';
import * as contract from '@sluice/contract';

/** A JSON schema, as far as the contract's types need it. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  description?: string;
  $defs?: Record<string, Schema>;
}

/** The types that the client's wire.ts takes from the contract, under the names they have there. */
const types: [name: string, schema: z.ZodType, io: 'input' | 'output'][] = [
  ['AuditReport', contract.AuditReport, 'output'],
  ['Batch', contract.BatchObject, 'output'],
  ['BatchRequest', contract.CreateBatchRequest, 'input'],
  ['BatchRow', contract.BatchRowObject, 'output'],
  ['ErrorBody', contract.ErrorBody, 'output'],
  ['ErrorCode', contract.ErrorCode, 'output'],
  ['Fault', contract.Fault, 'output'],
  ['FileObject', contract.FileObject, 'output'],
  ['JobEvent', contract.JobEvent, 'output'],
  ['ProviderKey', contract.OwnKeyObject, 'output'],
  ['ProviderKeyRequest', contract.CreateOwnKeyRequest, 'input'],
  ['ProviderKeyTest', contract.OwnKeyTestObject, 'output'],
  ['UsageRecord', contract.UsageRecord, 'output'],
  ['UsageReport', contract.UsageReport, 'output'],
  ['Job', contract.JobObject, 'output'],
  ['Me', contract.MeObject, 'output'],
  ['Model', contract.PublicModelObject, 'output'],
  ['RenderedTemplate', contract.RenderedTemplateObject, 'output'],
  ['RenderRequest', contract.RenderTemplateRequest, 'input'],
  ['Template', contract.TemplateObject, 'output'],
  ['TemplateRequest', contract.CreateTemplateRequest, 'input'],
  ['Transfer', contract.TransferObject, 'output'],
  ['Wallet', contract.WalletObject, 'output'],
  ['JobRequest', contract.SubmitTextRequest, 'input'],
  ['EmbeddingJobRequest', contract.SubmitEmbeddingRequest, 'input'],
  ['RerankJobRequest', contract.SubmitRerankRequest, 'input'],
  ['ModerationJobRequest', contract.SubmitModerationRequest, 'input'],
  ['JobQuery', contract.JobListQuery.partial(), 'output'],
];

/** The contract's types as plain TypeScript, so that the published package needs neither the contract nor zod. */
export function renderWire(): string {
  const rendered = types.map(([name, schema, io]) => {
    const json = toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }) as Schema;
    return `export type ${name} = ${renderType(json, json.$defs ?? {})};\n`;
  });
  const derived = [
    "export type JobStatus = Job['status'];",
    "export type JobParams = NonNullable<JobRequest['params']>;",
    'export type AnyJobRequest = JobRequest | EmbeddingJobRequest | RerankJobRequest | ModerationJobRequest;\n',
  ].join('\n');
  return `${rendered.join('\n')}\n${derived}`;
}

function renderType(schema: Schema, defs: Record<string, Schema>): string {
  const render = (part: Schema) => renderType(part, defs);
  if (schema.$ref) return render(defs[schema.$ref.replace('#/$defs/', '')] ?? {});
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.anyOf ?? schema.oneOf) return (schema.anyOf ?? schema.oneOf ?? []).map((part) => `(${render(part)})`).join(' | ');
  if (schema.allOf) return renderAll(schema.allOf, render);
  if (schema.type === 'array') return `(${render(schema.items ?? {})})[]`;
  if (schema.type === 'object') return renderObject(schema, render);
  if (Array.isArray(schema.type)) return schema.type.map((type) => `(${render({ ...schema, type })})`).join(' | ');
  if (schema.type === 'integer') return 'number';
  return schema.type ?? 'unknown';
}

function renderAll(parts: Schema[], render: (part: Schema) => string): string {
  const known = parts.map(render).filter((part) => part !== 'unknown');
  return known.length === 0 ? 'unknown' : known.join(' & ');
}

function renderObject({ properties = {}, required = [], additionalProperties }: Schema, render: (part: Schema) => string): string {
  const lines = Object.entries(properties).map(([name, part]) => {
    const isRequired = required.includes(name);
    const comment = part.description ? `/** ${part.description.replaceAll('*/', '* /')} */ ` : '';
    return `${comment}${JSON.stringify(name)}${isRequired ? '' : '?'}: ${render(part)}${isRequired ? '' : ' | undefined'};`;
  });
  if (additionalProperties !== undefined && additionalProperties !== false) {
    const rest = additionalProperties === true || lines.length > 0 ? 'unknown' : render(additionalProperties);
    lines.push(`[name: string]: ${rest};`);
  }
  return lines.length === 0 ? 'Record<string, never>' : `{ ${lines.join(' ')} }`;
}
