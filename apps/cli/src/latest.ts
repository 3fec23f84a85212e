import type { Client } from '@sluice/client';
import { CliError, exitCodes } from './exit-codes.ts';

/** What stands for the newest of a kind, so that nobody has to copy an id. */
export const latest = 'latest';

export async function jobIdOf({ jobs }: Client, name: string): Promise<string> {
  if (name !== latest) return name;
  const { data } = await jobs.list({ limit: 1 });
  return data[0]?.id ?? none('job');
}

export async function batchIdOf({ batches }: Client, name: string): Promise<string> {
  if (name !== latest) return name;
  const { data } = await batches.list({ limit: 1 });
  return data[0]?.id ?? none('batch');
}

export async function providerKeyIdOf({ providerKeys }: Client, name: string): Promise<string> {
  if (name !== latest) return name;
  const { data } = await providerKeys.list({ limit: 1 });
  return data[0]?.id ?? none('provider key');
}

function none(kind: string): never {
  throw new CliError(`You have no ${kind} yet.`, exitCodes.notFound);
}
