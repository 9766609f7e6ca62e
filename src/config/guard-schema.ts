/** Settings of the guards. */
import { z } from 'zod';
import { type Guardrails, inputShape, KINDS, outputShape, PROFILE_NAME, someGuardrails } from '../core/policy.ts';
import { milliseconds, name } from './shapes.ts';

const sidecarOfAnyKind = {
  name: name.describe('What its rules and metrics are called by: sidecar.NAME.…'),
  url: z
    .string()
    .regex(
      /^(https?:\/\/[^?#@]+|unix:[^:]+(:\/.*)?)$/,
      'use https://host/path, http://127.0.0.1:port/path or unix:/path/to.sock:/path',
    )
    .refine((url) => !url.startsWith('http') || URL.canParse(url), 'this is no URL: check host and port')
    .describe('Where it is: https://…, http:// on this host only, or unix:/path/to.sock:/path'),
  caFile: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe(
      'CAs that may have issued its certificate, PEM, relative to the working directory; null: those that Node knows',
    ),
  on: z
    .array(z.enum(['input', 'output']))
    .min(1)
    .default(['input', 'output'])
    .describe('Which texts it sees'),
  timeoutMs: milliseconds(1_000, 'Longest wait for its answer'),
  whenItFails: z
    .enum(['block', 'flag'])
    .default('block')
    .describe('When it does not answer, or not as it should: refuse, or go on and record that it was not asked'),
  threshold: z.number().min(0).max(1).default(0.5).describe('Score from which what it finds counts'),
  maxChars: z
    .int()
    .min(1000)
    .nullable()
    .default(null)
    .describe('Most characters of text in one request to it (UTF-16 code units); null means what suits its kind'),
};
const labels = z
  .record(z.string().min(1), z.enum([...KINDS, 'off']))
  .default({})
  .describe('What its own labels mean here, where that is not plain');

const SPEAKS =
  'What it speaks: the contract of docs/sidecars.md, that of Presidio analyzer, or that of a text classifier';

const sidecar = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sallyport').default('sallyport').describe(SPEAKS), ...sidecarOfAnyKind }),
  z.strictObject({
    kind: z.literal('presidio').describe(SPEAKS),
    ...sidecarOfAnyKind,
    language: z
      .string()
      .regex(/^[a-z]{2}$/, 'use a code of two letters: en')
      .default('en')
      .describe('Language of the texts'),
    labels,
  }),
  z.strictObject({ kind: z.literal('classifier').describe(SPEAKS), ...sidecarOfAnyKind, labels }),
]);

export const guardrails = z.strictObject({
  input: z
    .strictObject({
      injection: inputShape.injection.default('block'),
      pii: inputShape.pii.default('block'),
      secrets: inputShape.secrets.default('block'),
    })
    .prefault({}),
  output: z
    .strictObject({
      injection: outputShape.injection.default('flag'),
      pii: outputShape.pii.default('redact'),
      secrets: outputShape.secrets.default('redact'),
      maxChars: outputShape.maxChars.default(null),
      padEvents: outputShape.padEvents.default(false),
    })
    .prefault({}),
  profiles: z
    .record(
      z.string().regex(PROFILE_NAME, 'use 1 to 64 letters, digits, dots, hyphens or underscores'),
      z.strictObject(someGuardrails),
    )
    .default({ automated: { output: { injection: 'block', pii: 'block', secrets: 'block' } } })
    .describe('Changes to the above under a name that a key may carry: for programs that pass answers on unread'),
  sidecars: z.array(sidecar).default([]).describe('Guards of your own, asked over HTTP beside the built-in ones'),
}) satisfies z.ZodType<Guardrails>;
