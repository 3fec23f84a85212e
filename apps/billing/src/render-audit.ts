import type { AuditReport, AuditResult } from '@sluice/contract';

/** The report for people: a line an invariant, examples under those that are broken, and a sum at the end. */
export function renderAudit({ findings, invariants }: AuditReport): string {
  const verdict = findings === 0 ? `${invariants.length} invariants hold` : `${findings} ${findings === 1 ? 'finding' : 'findings'}`;
  return [...invariants.flatMap(renderInvariant), '', verdict, ''].join('\n');
}

function renderInvariant({ id, title, findings, examples }: AuditResult): string[] {
  const line = `${String(findings).padStart(8)}  ${id.padEnd(4)} ${title}`;
  const rest = findings - examples.length;
  return [
    line,
    ...examples.map(({ subject, detail }) => `${' '.repeat(15)}${subject}: ${detail}`),
    ...(rest > 0 ? [`${' '.repeat(15)}and ${rest} more`] : []),
  ];
}
