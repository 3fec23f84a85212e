import type { Role } from '@sluice/contract';
import { defineEntity, p } from '@mikro-orm/core';

const UserSchema = defineEntity({
  name: 'User',
  tableName: 'users',
  properties: {
    id: p.string().primary(),
    email: p.string().nullable(),
    externalId: p.string().nullable(),
    role: p.string().$type<Role>(),
    disabledAt: p.datetime().nullable(),
    createdAt: p.datetime(),
  },
});

/** A person or program with a wallet. The password's hash is not among what is read: only signing in looks at it. */
export class User extends UserSchema.class {}
UserSchema.setClass(User);
