import type { Fault, JobOutput, TokenCounts, UsageSource } from '@sluice/contract';

/** A whole answer that does not fit its schema, which the next attempt is asked to repair. */
export interface Repair {
  output: JobOutput;
  tokens: TokenCounts;
  usageSource: UsageSource;
}

/** Tokens that the faults and the words around them can take at the most. */
export const repairTokens = 3200;
const faultsMaxLength = 2000;

/** What is asked after the conversation so far: the answer as it was, and what is wrong with it. */
export function repairMessages({ text, schema_errors: faults = [] }: JobOutput): object[] {
  const said = faults.map(renderFault).join('\n').slice(0, faultsMaxLength);
  const asked = `Your answer does not fit the JSON schema:\n${said}\nAnswer again with nothing but JSON that fits the schema.`;
  return [
    { role: 'assistant', content: text },
    { role: 'user', content: asked },
  ];
}

export const renderFault = ({ path, message }: Fault): string => (path === '' ? message : `${path}: ${message}`);

type Used = Pick<Repair, 'tokens' | 'usageSource'>;

/** What a job used when its answer was repaired: both attempts. */
export function addUsage(last: Used, repair: Used | null): Used {
  if (!repair || repair.usageSource === 'none') return last;
  if (last.usageSource === 'none') return { tokens: repair.tokens, usageSource: repair.usageSource };
  const sum = (name: keyof TokenCounts) => last.tokens[name] + repair.tokens[name];
  return {
    tokens: {
      input_tokens: sum('input_tokens'),
      cached_input_tokens: sum('cached_input_tokens'),
      output_tokens: sum('output_tokens'),
      reasoning_tokens: sum('reasoning_tokens'),
    },
    usageSource: last.usageSource === repair.usageSource ? last.usageSource : 'mixed',
  };
}
