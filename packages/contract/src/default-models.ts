import { z } from 'zod';
import { ModelAlias, ModelCapability } from './models.ts';

export const SetDefaultModelRequest = z
  .strictObject({ model: ModelAlias.nullable().meta({ description: 'A model with this capability; null = none' }) })
  .meta({ id: 'SetDefaultModel' });
export type SetDefaultModelRequest = z.infer<typeof SetDefaultModelRequest>;

/** The model that a call gets which names only `default:<capability>`. */
export const DefaultModelObject = z
  .object({ id: ModelCapability, object: z.literal('default_model'), model: z.string().nullable() })
  .meta({ id: 'DefaultModel' });
export type DefaultModelObject = z.infer<typeof DefaultModelObject>;

export const DefaultModelList = z.object({ object: z.literal('list'), data: z.array(DefaultModelObject) });
