import { AppError } from './app-error.ts';
import type { Fault } from '@sluice/contract';
import type { z } from 'zod';

/** A body of a million wrong fields is answered with this many. */
const faultsMax = 100;
const pathLengthMax = 200;

/**
 * What a caller sent, in the shape the contract says.
 * @throws AppError `invalid_request` with every fault, each unknown field by its name; `param` is the first path
 */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidRequest(parsed.error.issues.flatMap((issue) => faultsOf(issue, [])).slice(0, faultsMax));
}

/** The error of a request with these faults, of which there is at least one. */
export function invalidRequest(faults: Fault[]): AppError {
  const [first] = faults;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more, see errors)` : '';
  const message = first?.path ? `${first.path}: ${first.message}` : (first?.message ?? 'The request is invalid');
  return new AppError('invalid_request', `${message}${more}`, { faults, ...(first?.path && { param: first.path }) });
}

function faultsOf(issue: z.core.$ZodIssue, parents: PropertyKey[]): Fault[] {
  const path = [...parents, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, faultsMax).map((key) => ({ path: pathOf([...path, key]), message: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union') {
    const meant = branchMeant(issue.errors);
    if (meant) return meant.flatMap((inner) => faultsOf(inner, path));
  }
  return [{ path: pathOf(path), message: issue.message }];
}

/** The one branch of a union whose type fits, so that its faults are what the caller wants to know. */
function branchMeant(branches: z.core.$ZodIssue[][]): z.core.$ZodIssue[] | null {
  const fitting = branches.filter(
    (issues) => !issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value')),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function pathOf(path: PropertyKey[]): string {
  return path.map(String).join('.').slice(0, pathLengthMax);
}
