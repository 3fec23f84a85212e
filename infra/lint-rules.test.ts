import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestFolder } from '../test/support/folder.ts';
import { edges, guardedLibraries } from './import-edges.ts';

const rootDir = dirname(import.meta.dirname);
const folder = createTestFolder();
const found = new Map<string, string[]>();

/** What a file may not say -> the rule that says so. Every file is linted as if it stood in the repository. */
const bad: Record<string, { source: string; rule: string }> = {
  'packages/core/src/any.ts': { rule: 'no-explicit-any', source: 'export const value: any = 1;' },
  'packages/core/src/floating.ts': { rule: 'no-floating-promises', source: 'export function go(): void {\n  Promise.resolve(1);\n}' },
  'packages/core/src/misused.ts': {
    rule: 'no-misused-promises',
    source: '[1].forEach(async () => {\n  await Promise.resolve();\n});\nexport {};',
  },
  'packages/core/src/ignore.ts': { rule: 'ban-ts-comment', source: "// @ts-ignore\nexport const value: number = 'x';" },
  'packages/core/src/type.ts': {
    rule: 'consistent-type-imports',
    source: "import { Readable } from 'node:stream';\nexport type Source = Readable;",
  },
  'packages/core/src/unused.ts': { rule: 'no-unused-vars', source: 'const unused = 1;\nexport {};' },
  'packages/core/src/one.ts': { rule: 'no-cycle', source: "import { two } from './two.ts';\nexport const one = (): number => two();" },
  'packages/core/src/two.ts': { rule: 'no-cycle', source: "import { one } from './one.ts';\nexport const two = (): number => one();" },
  'packages/core/src/env.ts': { rule: 'no-process-env', source: 'export const home = process.env.HOME;' },
  'packages/core/src/env-import.ts': { rule: 'no-restricted-imports', source: "export { env } from 'node:process';" },
  'packages/core/src/long.ts': { rule: 'max-lines', source: 'export {};\n'.repeat(301) },
  'packages/core/src/tall.ts': {
    rule: 'max-lines-per-function',
    source: `export function tall(): void {\n${"  console.log('');\n".repeat(60)}}`,
  },
  'packages/core/src/users/inside.ts': { rule: 'no-restricted-imports', source: "export * from '../billing/lock-wallets.ts';" },
  'packages/core/src/billing/jobs.ts': { rule: 'no-restricted-imports', source: "export * from '../jobs/index.ts';" },
  'packages/queue/src/inside.ts': { rule: 'no-restricted-imports', source: "export * from '../../core/src/jobs/index.ts';" },
  'apps/api/src/http/inside.ts': { rule: 'no-restricted-imports', source: "export * from '../../../../packages/core/src/index.ts';" },
  'apps/worker/src/support.ts': { rule: 'no-restricted-imports', source: "export * from '../../../test/support/database.ts';" },
  'apps/worker/src/redis.ts': { rule: 'no-restricted-imports', source: "export { Redis } from 'ioredis';" },
  'packages/providers/src/server.ts': { rule: 'no-restricted-imports', source: "export { default } from 'express';" },
};

const good: Record<string, string> = {
  'packages/core/src/users/index-only.ts':
    "export * from '../billing/index.ts';\nexport * from '../database/sql.ts';\nexport * from './user.ts';",
  'packages/core/src/database/entities.ts': "export * from '../jobs/job.entity.ts';",
  'packages/providers/src/simulator/server.ts': "export { default } from 'express';",
  'apps/worker/src/compose.ts': "export { Redis } from 'ioredis';",
  'apps/standalone/src/compose.ts': "export * from '@sluice/api';\nexport * from '@sluice/worker';\nexport * from '@sluice/billing';",
  'packages/platform/src/config.ts': 'export const home = process.env.HOME;',
  'packages/core/src/any.test.ts': "export { default } from 'express';\nexport const home = process.env.HOME;",
};

const members = Object.keys(edges).map((member) => ({ member, name: member.split('/')[1] ?? '', allowed: edges[member] ?? [] }));
const imports = members.flatMap(({ member, name, allowed }) => [
  ...members
    .filter((other) => other.name !== name)
    .map((other) => ({ member, imported: `@sluice/${other.name}`, isAllowed: allowed.includes(other.name) })),
  ...guardedLibraries.flatMap((library) =>
    library.names.map((pattern) => ({ member, imported: pattern.replace('*', 'core'), isAllowed: library.allowed.includes(member) })),
  ),
]);

function fileOf({ member, imported }: { member: string; imported: string }): string {
  return `${member}/src/import-${imported.replaceAll(/\W/g, '-')}.ts`;
}

function write(file: string, source: string): void {
  const path = join(folder.path, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${source}\n`);
}

/** oxlint ends with 1 when it has found something, as it must here. */
function lint(): Promise<{ filename: string; code: string }[]> {
  const args = ['--type-aware', '--format', 'json'];
  return new Promise((resolve, reject) => {
    execFile(join(rootDir, 'node_modules/.bin/oxlint'), args, { cwd: folder.path, maxBuffer: 2 ** 26 }, (_error, stdout, stderr) => {
      try {
        resolve((JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] }).diagnostics);
      } catch {
        reject(new Error(`oxlint did not run: ${stderr}${stdout}`));
      }
    });
  });
}

beforeAll(async () => {
  for (const file of ['oxlint.config.ts', 'infra/import-edges.ts', 'tsconfig.base.json', 'tsconfig.json', 'package.json']) {
    cpSync(join(rootDir, file), join(folder.path, file), { recursive: true });
  }
  symlinkSync(join(rootDir, 'node_modules'), join(folder.path, 'node_modules'));
  for (const [file, { source }] of Object.entries(bad)) write(file, source);
  for (const [file, source] of Object.entries(good)) write(file, source);
  for (const edge of imports) write(fileOf(edge), `export * from '${edge.imported}';`);
  for (const { filename, code } of await lint()) found.set(filename, [...(found.get(filename) ?? []), code]);
});

afterAll(folder.close);

function rulesFor(file: string): string {
  return (found.get(file) ?? []).join(' ');
}

describe('a lint rule', () => {
  it.each(Object.entries(bad))('bites in %s', (file, { rule }) => {
    expect(rulesFor(file)).toContain(`(${rule})`);
  });

  it.each(Object.keys(good))('lets %s pass', (file) => {
    expect(rulesFor(file)).toBe('');
  });

  it.each(members)('lets $member import what it may and nothing else', ({ member }) => {
    const own = imports.filter((edge) => edge.member === member);
    const refused = own.filter((edge) => rulesFor(fileOf(edge)) === 'eslint(no-restricted-imports)');
    expect(refused).toEqual(own.filter(({ isAllowed }) => !isAllowed));
  });
});
