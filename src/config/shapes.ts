/** What several settings are made of. */
import { z } from 'zod';

export const milliseconds = (byDefault: number, about: string) =>
  z.int().min(1).max(86_400_000).default(byDefault).describe(`${about}, in milliseconds`);
export const count = (about: string) => z.int().min(1).describe(about);
export const path = (about: string) => z.string().min(1).describe(`${about}; relative to the working directory`);
export const optionalPath = (about: string) => path(about).nullable().default(null).describe(about);
export const port = z.int().min(0).max(65535);
export const name = z
  .string()
  .regex(/^[a-zA-Z0-9._-]{1,64}$/, 'use 1 to 64 letters, digits, dots, hyphens or underscores');
