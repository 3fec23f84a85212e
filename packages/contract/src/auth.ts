import { z } from 'zod';
import { text } from './text.ts';
import { Email, NewPassword, UserObject } from './users.ts';

export const RegisterRequest = z.strictObject({ email: Email, password: NewPassword }).meta({ id: 'Register' });
export type RegisterRequest = z.infer<typeof RegisterRequest>;

export const LoginRequest = z.strictObject({ email: Email, password: text(128) }).meta({ id: 'Login' });
export type LoginRequest = z.infer<typeof LoginRequest>;

export const RefreshRequest = z.strictObject({ refresh_token: text(4096) }).meta({ id: 'Refresh' });
export type RefreshRequest = z.infer<typeof RefreshRequest>;

/** A refresh token is good for one use; the answer carries the next one. */
export const SessionObject = z
  .object({
    object: z.literal('session'),
    access_token: z.string().meta({ description: 'Send it as: Authorization: Bearer ...' }),
    token_type: z.literal('Bearer'),
    expires_in: z.int().meta({ description: 'Seconds that the access token lives' }),
    refresh_token: z.string(),
    refresh_expires_at: z.iso.datetime(),
    user: UserObject,
  })
  .meta({ id: 'Session' });
export type SessionObject = z.infer<typeof SessionObject>;
