/*
 * Who may import whom. oxlint.config.ts makes lint rules of this, and lint-rules.test.ts proves that each of them bites.
 */

/** A workspace member -> the members it may import. What is not here may be imported by nobody. */
export const edges: Record<string, string[]> = {
  'packages/contract': [],
  'packages/platform': ['contract'],
  'packages/core': ['contract', 'platform'],
  'packages/providers': ['contract', 'platform'],
  'packages/queue': ['contract', 'platform'],
  'packages/events': ['contract', 'platform'],
  'packages/limits': ['contract', 'platform'],
  'packages/postgres': ['contract', 'platform'],
  'packages/content': ['contract', 'platform'],
  'packages/egress': ['contract', 'platform'],
  'packages/client': ['contract'],
  'apps/cli': ['client'],
  'apps/api': ['contract', 'platform', 'core', 'providers', 'queue', 'events', 'limits', 'postgres', 'content', 'egress'],
  'apps/worker': ['contract', 'platform', 'core', 'providers', 'queue', 'events', 'limits', 'postgres', 'content', 'egress'],
  'apps/billing': ['contract', 'platform', 'core', 'providers', 'queue', 'events', 'limits', 'postgres', 'content'],
  'apps/standalone': [
    'contract',
    'platform',
    'core',
    'providers',
    'queue',
    'events',
    'limits',
    'postgres',
    'content',
    'egress',
    'api',
    'worker',
    'billing',
  ],
};

/** Why a member may not be imported; the reason that a lint error shows. */
export function edgeReason(importer: string, imported: string): string {
  if (importer === 'packages/contract') return 'contract is what crosses a process boundary, for browsers too: it imports zod only.';
  if (importer === 'packages/platform') return 'platform knows no domain: it imports contract only.';
  if (importer === 'packages/client')
    return 'client is published on its own, without dependencies: it takes types from contract and nothing else.';
  if (importer === 'apps/cli') return 'The command speaks HTTP through client and knows nothing of the server.';
  if (importer.startsWith('apps/')) return `Apps never import apps (${imported}); only standalone composes the others.`;
  return `core, providers, queue, events, limits, postgres, content and egress never import each other or an app (${imported}): they meet in an app's compose.ts.`;
}

interface GuardedLibrary {
  /** Patterns as in .gitignore, of what an import may name. */
  names: string[];
  /** Folders and files where it may be imported. */
  allowed: string[];
  reason: string;
}

/** Libraries that only some may import. */
export const guardedLibraries: GuardedLibrary[] = [
  {
    names: ['bullmq'],
    allowed: ['packages/queue'],
    reason: 'packages/queue is the only importer of bullmq, so that a message stays a wake-up and nothing else.',
  },
  {
    names: ['express'],
    allowed: ['apps/api', 'packages/providers/src/simulator'],
    reason: 'HTTP is the business of apps/api (and of the simulator, which is a server): the rest of the house knows no Express.',
  },
  {
    names: ['ioredis'],
    allowed: ['packages/queue', 'packages/events', 'packages/limits', 'apps/*/src/compose.ts'],
    reason: "Redis is behind queue, events and limits; a connection that they are to use together is opened in an app's compose.ts.",
  },
  {
    names: ['pg'],
    allowed: ['packages/postgres', 'packages/queue'],
    reason: 'Rows are reached through packages/core; only the server itself and BullMQ need the driver.',
  },
  {
    names: ['@mikro-orm/*', 'kysely'],
    allowed: ['packages/core'],
    reason: 'The database is inside packages/core: take what its index exports.',
  },
  {
    names: ['openai'],
    allowed: ['packages/providers'],
    reason: 'Providers are called by packages/providers alone, where every failure of the call is classified.',
  },
  {
    names: ['undici'],
    allowed: ['packages/providers', 'packages/egress'],
    reason: 'There are two ways out: packages/providers calls what administrators set, packages/egress what users set, and guards it.',
  },
];
