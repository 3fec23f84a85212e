import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { cleanEnvironment } from './bootstrap.mjs';

/** Counts the signals it gets, and ends a second after the first with 40 + their number: by then a second one would be here. */
const counting = `
  let count = 0;
  const onSignal = () => { count += 1; if (count === 1) setTimeout(() => process.exit(40 + count), 1000); };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  setInterval(() => {}, 1000);
  console.log(process.pid);`;

/** A wrapper in a process group of its own that runs `script` as its child. */
async function runWrapped(script: string): Promise<{ wrapper: ChildProcess; childPid: number }> {
  const runChild = JSON.stringify(join(import.meta.dirname, 'run-child.mjs'));
  const main = `import { runChild } from ${runChild}; process.exit(await runChild(process.execPath, ['--eval', ${JSON.stringify(script)}], process.env));`;
  const env = { ...process.env, npm_lifecycle_event: '' };
  const wrapper = spawn(process.execPath, ['--input-type=module', '--eval', main], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const [line] = (await once(createInterface(wrapper.stdout), 'line')) as [string];
  return { wrapper, childPid: Number(line) };
}

async function exitCode(wrapper: ChildProcess): Promise<unknown> {
  const [code] = (await once(wrapper, 'exit')) as unknown[];
  return code;
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('hands on the exit code', async () => {
  const { wrapper } = await runWrapped('console.log(process.pid); process.exitCode = 7;');
  expect(await exitCode(wrapper)).toBe(7);
});

it('says which signal ended the child, as a shell does', async () => {
  const { wrapper } = await runWrapped("console.log(process.pid); process.kill(process.pid, 'SIGKILL');");
  expect(await exitCode(wrapper)).toBe(137);
});

it.each(['SIGINT', 'SIGTERM'] as const)(
  'passes one %s on, also when it comes from the terminal and from npm, and waits',
  async (signal) => {
    const { wrapper } = await runWrapped(counting);
    process.kill(-Number(wrapper.pid), signal);
    process.kill(Number(wrapper.pid), signal);
    expect(await exitCode(wrapper)).toBe(41);
  },
);

it('ends what it runs even when it is killed', async () => {
  const { wrapper, childPid } = await runWrapped(counting);
  wrapper.kill('SIGKILL');
  await expect.poll(() => exists(childPid), { timeout: 20_000 }).toBe(false);
});

it('keeps what the user said about the registry and drops what npm says about itself', () => {
  const env = {
    PATH: '/bin',
    npm_config_registry: 'a',
    npm_config_cache: 'b',
    'npm_config_//host/:_authToken': 'c',
    npm_lifecycle_event: 'test',
    npm_config_local_prefix: '/x',
  };
  expect(Object.keys(cleanEnvironment(env))).toEqual(['PATH', 'npm_config_registry', 'npm_config_cache', 'npm_config_//host/:_authToken']);
});
