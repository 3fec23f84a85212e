import { z } from 'zod';
import { AppConfigError } from './config-error.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const list = z
  .string()
  .optional()
  .transform((value) =>
    (value ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean),
  );

const onOff = (value: 'on' | 'off') => z.enum(['on', 'off']).default(value);

const rate = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,6})?$/, { error: 'must be a decimal such as 7 or 7.25, with at most 6 places' })
  .refine((value) => /[1-9]/.test(value), { error: 'must be more than 0' });

const factor = z.string().regex(/^\d{1,4}(\.\d{1,4})?$/, { error: 'must be a decimal such as 0 or 0.2, with at most 4 places' });

/** Every setting of every role. docs/configuration.md is made from this. */
export const Settings = z.object({
  PORT: port.default(8080).meta({ description: 'Where the API listens; 0 takes a free port' }),
  HOST: z.string().min(1).default('127.0.0.1').meta({ description: 'The address the API listens on' }),
  HEALTH_PORT: port.optional().meta({ description: 'Where a worker or billing process answers /livez and /metrics; unset = nowhere' }),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .meta({ description: 'PostgreSQL 15 or newer; unset = an own one in DATA_DIR' }),
  REDIS_URL: z
    .url({ protocol: /^rediss?$/ })
    .optional()
    .meta({ description: 'Redis 7 or Valkey with maxmemory-policy noeviction; set = distributed' }),
  REDIS_PREFIX: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,32}$/)
    .default('sluice')
    .meta({ description: 'In front of every Redis key, for several installations on one Redis' }),
  DATA_DIR: z
    .string()
    .min(1)
    .default('.data')
    .meta({ description: 'Embedded PostgreSQL, generated secrets, and files unless S3 is set; on several machines: a volume they share' }),
  S3_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: 'Keeps files in a bucket instead of DATA_DIR, such as https://s3.eu-central-1.amazonaws.com' }),
  S3_BUCKET: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { error: 'must be the name of a bucket' })
    .optional()
    .meta({ description: 'The bucket, which must exist' }),
  S3_ACCESS_KEY_ID: z.string().min(1).optional().meta({ description: 'May read, write and delete objects of the bucket' }),
  S3_SECRET_ACCESS_KEY: z.string().min(1).optional().meta({ description: 'The secret of that key' }),
  S3_REGION: z.string().min(1).default('us-east-1').meta({ description: 'Of the bucket; `auto` where the vendor says so' }),
  SECRET_KEY: z
    .string()
    .min(32, { error: 'must have at least 32 characters; make one with: openssl rand -hex 32' })
    .optional()
    .meta({ description: 'Encrypts provider keys and signs tokens; generated when embedded, required otherwise' }),
  ADMIN_EMAIL: z.email().optional().meta({ description: 'First administrator; generated when embedded' }),
  ADMIN_PASSWORD: z.string().min(8).max(128).optional().meta({ description: 'Password of the first administrator' }),
  ADMIN_API_KEY: z
    .string()
    .regex(/^sk-[A-Za-z0-9_-]{16,128}$/, { error: 'must be sk- and 16 to 128 letters, digits, - or _' })
    .optional()
    .meta({ description: 'API key of the first administrator, for headless set-up' }),
  JWT_ISSUER: z.string().min(1).optional().meta({ description: "Issuer of your product's own tokens" }),
  JWT_AUDIENCE: z.string().min(1).optional().meta({ description: "Audience of your product's own tokens" }),
  JWT_JWKS_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({ description: "Where your product's public keys are" }),
  EVENT_RETENTION_S: z.coerce
    .number()
    .int()
    .min(60)
    .max(2_592_000)
    .default(86_400)
    .meta({ description: "How long a finished job's stream can be replayed" }),
  JOB_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(30)
    .meta({ description: 'How long after its end what a job was asked and answered is kept; its row, usage and cost stay' }),
  BATCH_SINGLE_MODEL: z
    .enum(['true', 'false'])
    .default('true')
    .meta({ description: '`false` lets the lines of one batch of an OpenAI endpoint name different models' }),
  WORKER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .meta({ description: 'Attempts in flight per lane and worker process' }),
  WORKER_GRACE_S: z.coerce
    .number()
    .int()
    .min(0)
    .max(3600)
    .default(30)
    .meta({ description: 'How long a stopping worker lets running attempts finish before it gives them back' }),
  PROVIDER_FIRST_TOKEN_S: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(120)
    .meta({ description: 'How long a provider may take to its first token before the attempt fails' }),
  PROVIDER_IDLE_S: z.coerce
    .number()
    .min(1)
    .max(3600)
    .default(60)
    .meta({ description: 'How long a provider may send nothing in the middle of an answer; keep-alive comments do not count' }),
  MODERATION: z.enum(['off', 'fail-open', 'fail-closed']).default('off').meta({
    description:
      'Has every question judged by the model behind `default:moderation` before it is asked; `fail-open` asks it when it cannot be judged, `fail-closed` does not',
  }),
  REGISTRATION: z.enum(['open', 'closed']).default('closed').meta({ description: '`open` lets anybody register' }),
  CORS_ORIGINS: list.meta({ description: 'Origins of web pages that may call the API, separated by commas' }),
  EGRESS_ALLOW: list.meta({ description: "Private hosts or CIDRs that users' webhooks may reach, separated by commas" }),
  FOREGROUND_WAIT_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(290)
    .default(240)
    .meta({ description: 'How long a foreground OpenAI call without a stream is held before it is cancelled; clients give up at 300 s' }),
  STREAM_ERROR_EVENT: onOff('on').meta({
    description:
      'Whether a failed response tells its stream by an `error` event too; `off` leaves `response.failed` alone, which some clients overlook',
  }),
  RETRY_ATTACH: onOff('off').meta({
    description: "Whether an OpenAI SDK's own retry of a background create without Idempotency-Key finds the response of its first try",
  }),
  RESULT_CACHE_TTL_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(2_592_000)
    .default(3600)
    .meta({ description: 'How old an answer a job takes that asks for the result cache, when neither it nor its model says' }),
  RESULT_CACHE_PRICE_FACTOR: z
    .string()
    .regex(/^(0(\.\d{1,4})?|1(\.0{1,4})?)$/, { error: 'must be a decimal from 0 to 1, with at most 4 places' })
    .default('0')
    .meta({ description: 'What a job pays that takes its answer from the result cache, as a share of its price: 0 nothing, 1 the whole' }),
  CREDITS_PER_CNY: rate
    .default('1')
    .meta({ description: 'What a yuan of a list price is in credits, when the catalogue sets up a vendor' }),
  CREDITS_PER_USD: rate.default('7').meta({ description: 'The same for a US dollar' }),
  BYOK_PRICE_FACTOR: factor
    .default('0')
    .meta({ description: "What the price of a job is multiplied with that is called with its user's own provider key; 0 = free" }),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info').meta({ description: 'How much is logged' }),
});
export type Settings = z.infer<typeof Settings>;

export type Role = 'standalone' | 'api' | 'worker' | 'billing';

const s3Names = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

const WholeSettings = Settings.superRefine((settings, context) => {
  if (s3Names.every((name) => !settings[name])) return;
  for (const name of s3Names) {
    if (!settings[name])
      context.addIssue({ code: 'custom', path: [name], message: `is required; set ${s3Names.join(', ')} together, or none` });
  }
});

/** What a role needs beyond the schema: a role of its own is only useful with the shared stores. */
const distributed = WholeSettings.superRefine((settings, context) => {
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'SECRET_KEY'] as const) {
    if (settings[name]) continue;
    context.addIssue({
      code: 'custom',
      path: [name],
      message: 'is required when a role runs on its own; set it, or run everything in one process with: npm start',
    });
  }
});

const embedded = WholeSettings.superRefine((settings, context) => {
  if (settings.REDIS_URL && !settings.DATABASE_URL) {
    context.addIssue({ code: 'custom', path: ['DATABASE_URL'], message: 'is required when REDIS_URL is set' });
  }
});

/**
 * Reads the settings of a role. This is the only reader of the environment; an empty variable counts as unset.
 * @throws AppConfigError with every fault listed
 */
export function readSettings(role: Role, env: NodeJS.ProcessEnv = process.env): Settings {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = (role === 'standalone' ? embedded : distributed).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new AppConfigError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
}

/**
 * The API keys of vendors that the environment holds, by the names of their variables; an empty variable counts as unset.
 * @throws AppConfigError when one could not be sent in a header
 */
export function readVendorKeys(names: string[], env: NodeJS.ProcessEnv = process.env): Record<string, string> {
  const given = names.flatMap((name) => (env[name] ? [[name, env[name]] as const] : []));
  const faults = given
    .filter(([, key]) => !/^[\x21-\x7e]{1,4096}$/.test(key))
    .map(([name]) => `${name}: must be printable ASCII without spaces`);
  if (faults.length > 0) throw new AppConfigError(faults);
  return Object.fromEntries(given);
}
