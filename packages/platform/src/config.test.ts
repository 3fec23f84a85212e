import { expect, test } from 'vitest';
import { AppConfigError } from './config-error.ts';
import { readSettings, readVendorKeys } from './config.ts';

test("vendors' keys are read by name; an empty variable counts as unset, and no other variable is looked at", () => {
  const env = { OPENAI_API_KEY: 'sk-1', DEEPSEEK_API_KEY: '', HOME: '/root' };
  expect(readVendorKeys(['OPENAI_API_KEY', 'DEEPSEEK_API_KEY', 'GROQ_API_KEY'], env)).toEqual({ OPENAI_API_KEY: 'sk-1' });
});

test('keys that cannot go into a header stop the boot, all in one message that does not show them', () => {
  const env = { OPENAI_API_KEY: 'sk-1\n', DEEPSEEK_API_KEY: '密钥', GROQ_API_KEY: 'gsk-1' };
  const read = () => readVendorKeys(Object.keys(env), env);

  expect(read).toThrow(AppConfigError);
  expect(read).toThrow(/OPENAI_API_KEY: .*\n +DEEPSEEK_API_KEY: /);
  expect(read).not.toThrow(/sk-1|密钥|GROQ/);
});

test('credits per unit of currency are exact decimals above 0', () => {
  expect(readSettings('standalone', {})).toMatchObject({ CREDITS_PER_CNY: '1', CREDITS_PER_USD: '7' });
  expect(readSettings('standalone', { CREDITS_PER_USD: '7.25' }).CREDITS_PER_USD).toBe('7.25');
  for (const wrong of ['0', '0.00', '-1', '1e3', 'seven', '7,25']) {
    expect(() => readSettings('standalone', { CREDITS_PER_USD: wrong })).toThrow(/CREDITS_PER_USD/);
  }
});
