import { type MintedKey, mintKey } from '../../src/keys/format.ts';
import type { KeyRecord } from '../../src/keys/record.ts';

export const NOW = new Date('2026-06-01T12:00:00Z');

/** A minted key and the record of it, good at {@link NOW} for the client `billing`. */
export function makeKey(changes: Partial<KeyRecord> = {}): MintedKey & { record: KeyRecord } {
  const minted = mintKey();
  const record: KeyRecord = {
    id: minted.id,
    hash: minted.hash,
    team: 'payments',
    app: 'billing',
    env: 'prod',
    role: 'inference',
    models: ['*'],
    client: 'billing',
    issuedAt: '2026-05-01T00:00:00.000Z',
    expiresAt: '2026-07-01T00:00:00.000Z',
    revokedAt: null,
    ...changes,
  };
  return { ...minted, record };
}
