import type { ChildProcess } from 'node:child_process';

export function tie(child: ChildProcess, options: { reach: 'process' | 'session' }): void;
