/** Settings of the administration listener. */
import { z } from 'zod';
import { milliseconds, optionalPath, port } from './shapes.ts';

const httpsUrl = z
  .string()
  .regex(
    /^(https:\/\/|http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?(\/|$))/,
    'use https://; http:// may only lead to this host itself',
  )
  .refine(URL.canParse, 'this is no URL');

/** Inference belongs to the other listener: nobody gets that role from a token. */
const adminRole = z.enum(['model-admin', 'key-admin', 'auditor']);

const oidc = z.strictObject({
  issuer: httpsUrl.describe('The issuer of access tokens, exactly as in their claim iss'),
  audience: z.string().min(1).describe('What their claim aud must contain: this gateway'),
  jwksUrl: httpsUrl
    .nullable()
    .default(null)
    .describe('Where the issuer publishes its keys; null: its /.well-known/openid-configuration says so'),
  caFile: optionalPath('CAs that may have issued the certificate of the issuer, PEM; null means those that Node knows'),
  clockSkewSeconds: z.int().min(0).max(300).default(60).describe('How far the clocks of issuer and gateway may differ'),
  roleClaim: z
    .string()
    .regex(/^[^.]+(\.[^.]+)*$/, 'use the name of a claim, or names separated by dots')
    .default('roles')
    .describe('The claim with the roles, a text or a list of texts; dots lead into objects'),
  roles: z
    .record(z.string().min(1), adminRole)
    .refine((roles) => Object.keys(roles).length > 0, 'name at least one value of the claim')
    .describe('Which value of that claim stands for which role'),
  requireBoundTokens: z
    .boolean()
    .default(false)
    .describe(
      'Refuse tokens that are not bound to a client certificate (RFC 8705); those that are bound are always held to it',
    ),
});

export const admin = z.strictObject({
  enabled: z.boolean().default(false).describe('Whether the administration listener runs'),
  host: z.string().min(1).default('127.0.0.1').describe('Address the administration listener binds to'),
  port: port.default(8444).describe('TCP port of the administration listener; 0 takes a free one'),
  clientCaFile: optionalPath(
    'The CA that issues the certificates of administrators, PEM; null: tls.clientCaFile and tls.crlFile',
  ),
  crlFile: optionalPath('The list of revoked certificates of administrators, PEM; needs admin.clientCaFile'),
  idleMs: milliseconds(600_000, 'Longest silence in a request that is passed to a model server'),
  approvals: z
    .enum(['off', 'destructive'])
    .default('off')
    .describe('destructive: what deletes on a model server needs a second person'),
  approvalMinutes: z
    .int()
    .min(1)
    .max(10_080)
    .default(60)
    .describe('Minutes until a request for approval, and an approval, are void'),
  oidc: oidc.nullable().default(null).describe('Access tokens for people; null: API keys only'),
});
