// The command of the image: node infra/role.mjs <role>. The role is loaded into this process, which is the one that gets signals.
const programs = {
  api: '../apps/api/src/main.ts',
  worker: '../apps/worker/src/main.ts',
  billing: '../apps/billing/src/main.ts',
  standalone: '../apps/standalone/src/main.ts',
  audit: '../apps/billing/src/audit.ts',
};

const [name = ''] = process.argv.slice(2);
const program = Object.entries(programs).find(([known]) => known === name)?.[1];
if (program) {
  await import(program);
} else {
  process.stderr.write(`${name || 'nothing'} is not a role; give one of: ${Object.keys(programs).join(', ')}\n`);
  process.exitCode = 2;
}
