import { isAbsolute, relative } from 'node:path';

/** A path as the user would write it here. */
export function showPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}
