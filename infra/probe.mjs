// A health check for containers without curl: node infra/probe.mjs <url> ends with 0 when the answer is a 2xx.
const [url = ''] = process.argv.slice(2);
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) });
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${url}: ${String(error)}\n`);
  process.exitCode = 1;
}
