import { z } from 'zod';
import { ErrorBody } from './errors.ts';
import { ListQuery } from './lists.ts';
import { text } from './text.ts';
import { WalletObject } from './wallet.ts';

export const Role = z.enum(['user', 'admin']);
export type Role = z.infer<typeof Role>;

/** Lower case, so that one address is one user. */
export const Email = z.email({ error: 'must be an e-mail address' }).max(254).toLowerCase();

/** Argon2 reads at most 128 characters, so that nobody can make it work for long. */
export const NewPassword = text(128).min(8);

/** The name that the product which Sluice serves has for a user; the subject of its tokens. */
export const ExternalId = text(255).min(1);

export const UserObject = z
  .object({
    id: z.string(),
    object: z.literal('user'),
    email: z.string().nullable(),
    external_id: z.string().nullable(),
    role: Role,
    disabled: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'User' });
export type UserObject = z.infer<typeof UserObject>;

export const MeObject = z.object({ user: UserObject, wallet: WalletObject }).meta({ id: 'Me' });
export type MeObject = z.infer<typeof MeObject>;

export const ChangePasswordRequest = z
  .strictObject({ current_password: text(128), new_password: NewPassword })
  .meta({ id: 'ChangePassword' });
export type ChangePasswordRequest = z.infer<typeof ChangePasswordRequest>;

export const UserListQuery = ListQuery.extend({
  email: Email.optional(),
  external_id: ExternalId.optional(),
  role: Role.optional(),
});
export type UserListQuery = z.infer<typeof UserListQuery>;

export const CreateUserRequest = z
  .strictObject({
    email: Email.optional(),
    password: NewPassword.optional().meta({ description: 'Without one the user calls by API key or by the tokens of your product' }),
    external_id: ExternalId.optional(),
    role: Role.default('user'),
  })
  .refine(({ email, external_id: externalId }) => email !== undefined || externalId !== undefined, {
    error: 'send an email, an external_id or both',
    path: ['email'],
  })
  .refine(({ email, password }) => password === undefined || email !== undefined, { error: 'a password needs an email', path: ['email'] })
  .meta({ id: 'CreateUser' });
export type CreateUserRequest = z.infer<typeof CreateUserRequest>;

export const UpdateUserRequest = z
  .strictObject({
    role: Role.optional(),
    disabled: z.boolean().optional().meta({ description: 'True ends every session; keys and tokens stop within 10 s' }),
    password: NewPassword.optional().meta({ description: 'A new password ends every session' }),
  })
  .meta({ id: 'UpdateUser' });
export type UpdateUserRequest = z.infer<typeof UpdateUserRequest>;

/** One user of another system: made when the external id is new, else changed in what is sent. */
export const SyncUserRow = z
  .strictObject({ external_id: ExternalId, email: Email.nullable().optional(), disabled: z.boolean().optional() })
  .meta({ id: 'SyncUser' });
export type SyncUserRow = z.infer<typeof SyncUserRow>;

/** Rows are checked one by one, so that a bad one is a fault of its own. */
export const SyncUsersRequest = z.strictObject({ users: z.array(z.unknown()).min(1).max(1000) });

export const SyncUsersResult = z
  .object({
    object: z.literal('list'),
    data: z.array(
      z.union([
        z.object({ index: z.int(), user: UserObject }),
        z.object({ index: z.int(), error: ErrorBody.shape.error, errors: ErrorBody.shape.errors }),
      ]),
    ),
  })
  .meta({ id: 'SyncUsersResult' });
export type SyncUsersResult = z.infer<typeof SyncUsersResult>;
