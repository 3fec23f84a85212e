import { defineConfig, type OxlintOverride } from 'oxlint';
import { edgeReason, edges, guardedLibraries } from './infra/import-edges.ts';

const tests = ['**/*.test.ts', '**/*.contract.ts', '**/*.fixture.ts', '**/testing/**', 'test/**'];

const packageInside = {
  group: ['**/packages/**', '**/apps/**', '**/test/**', '**/infra/**', '../../*/src/**', '../../../*/src/**'],
  message: 'Another package is imported by its name: only what its index.ts exports is its interface.',
};

/** In core a feature is what its index.ts exports; the database is for all features and has no rules to protect. */
const featureInside = {
  group: ['../*/*.ts', '!../*/index.ts', '!../database/*.ts'],
  message: 'A feature is imported through its index.ts only: what that does not export may change without notice.',
};
const jobsInBilling = {
  name: '../jobs/index.ts',
  message: 'billing knows wallets, prices and references, never jobs: jobs calls it, inside the transaction.',
};
const environment = { name: 'node:process', importNames: ['env'], message: 'platform/config.ts is the only reader of the environment.' };

interface Zone {
  /** The workspace member. */
  member: string;
  /** The part of it that this is about. */
  files: string;
  /** What holds here beyond the edges and the guarded libraries. */
  patterns?: { group: string[]; message: string }[];
  names?: { name: string; message: string }[];
}

/** Later ones win over earlier ones and do not add to them, so a part of a member states everything again. */
const zones: Zone[] = [
  ...Object.keys(edges).map((member) => ({ member, files: `${member}/**` })),
  { member: 'packages/core', files: 'packages/core/src/*/**', patterns: [featureInside] },
  { member: 'packages/core', files: 'packages/core/src/database/**' },
  { member: 'packages/core', files: 'packages/core/src/billing/**', patterns: [featureInside], names: [jobsInBilling] },
  { member: 'packages/providers', files: 'packages/providers/src/simulator/**' },
  ...Object.keys(edges)
    .filter((member) => member.startsWith('apps/'))
    .map((member) => ({ member, files: `${member}/src/compose.ts` })),
];

function restrictImports({ member, files, patterns = [], names = [] }: Zone): OxlintOverride {
  const foreign = Object.keys(edges)
    .map((path) => path.replace(/^\w+\//, ''))
    .filter((name) => !edges[member]?.includes(name) && !member.endsWith(`/${name}`))
    .map((name) => ({ group: [`@sluice/${name}`, `@sluice/${name}/**`], message: edgeReason(member, name) }));
  const libraries = guardedLibraries
    .filter(({ allowed }) => !allowed.some((place) => isWithin(files, place)))
    .map(({ names, reason }) => ({ group: names, message: reason }));
  const options = { paths: [environment, ...names], patterns: [packageInside, ...foreign, ...libraries, ...patterns] };
  return { files: [files], rules: { 'no-restricted-imports': ['error', options] } };
}

function isWithin(files: string, place: string): boolean {
  const [member = '', file] = place.split('/*/');
  return file === undefined ? files.startsWith(`${place}/`) : files.startsWith(`${member}/`) && files.endsWith(`/${file}`);
}

export default defineConfig({
  plugins: ['eslint', 'typescript', 'unicorn', 'oxc', 'import', 'node'],
  categories: { correctness: 'error' },
  ignorePatterns: ['**/node_modules/**', '.data/**', 'coverage/**'],
  rules: {
    'typescript/no-explicit-any': 'error',
    'typescript/no-floating-promises': 'error',
    'typescript/no-misused-promises': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/ban-ts-comment': ['error', { 'ts-ignore': true, 'ts-expect-error': true, 'ts-nocheck': true }],
    // The house passes methods of plain objects around; none of them knows a `this`.
    'typescript/unbound-method': 'off',
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    'import/no-cycle': 'error',
    'node/no-process-env': 'error',
    'max-lines': ['error', { max: 300 }],
    'max-lines-per-function': ['error', { max: 60 }],
    eqeqeq: 'error',
  },
  overrides: [
    ...zones.map(restrictImports),
    { files: ['packages/platform/src/config.ts', 'infra/**', '*.config.ts'], rules: { 'node/no-process-env': 'off' } },
    {
      files: tests,
      rules: {
        'node/no-process-env': 'off',
        'no-restricted-imports': 'off',
        'max-lines-per-function': 'off',
        'typescript/require-array-sort-compare': 'off',
      },
    },
  ],
});
