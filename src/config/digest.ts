import { hash } from 'node:crypto';
import { canonicalJson, type Json } from '../core/json.ts';
import type { Config } from './schema.ts';

/** Tells configurations apart without saying what is in them: SHA-256, hex. Secrets are not part of it. */
export function configSha256(config: Config): string {
  const { promptHmacSecret: _, redisUrl: __, secrets: ___, ...settings } = config;
  return hash('sha256', canonicalJson(settings as unknown as Json), 'hex');
}
