/** An issuer and what asks it, with a clock that a test moves. */
import { onTestFinished } from 'vitest';
import type { Fault } from '../../../src/core/fault.ts';
import { type Issuer, type IssuerSettings, openIssuer, type Person } from '../../../src/identity/oidc/issuer.ts';
import { startIssuer, type TestIssuer, type TestIssuerOptions } from '../../support/issuer.ts';

export const CERT = 'ab'.repeat(32);
export const THUMBPRINT = Buffer.from(CERT, 'hex').toString('base64url');
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export interface Scene {
  readonly issuer: TestIssuer;
  readonly clock: { ms: number };
  readonly faults: Fault[];
  /** Opens what is tested, with other settings if you like. */
  open(settings?: Partial<IssuerSettings>): Issuer;
}

export async function scene(options: TestIssuerOptions = {}): Promise<Scene> {
  const clock = { ms: Date.parse('2026-06-01T12:00:00Z') };
  const faults: Fault[] = [];
  const issuer = await startIssuer({ nowSeconds: () => clock.ms / 1000, ...options });
  onTestFinished(() => issuer.stop());
  return {
    issuer,
    clock,
    faults,
    open(settings = {}) {
      const opened = openIssuer(
        {
          issuer: issuer.url,
          audience: 'sallyport',
          jwksUrl: null,
          caFile: null,
          clockSkewSeconds: 60,
          roleClaim: 'roles',
          roles: { 'llm-auditor': 'auditor', 'llm-keys': 'key-admin' },
          requireBoundTokens: false,
          ...settings,
        },
        { onFault: (fault) => faults.push(fault), now: () => clock.ms },
      );
      onTestFinished(() => opened.close());
      return opened;
    },
  };
}

export const ask = (issuer: Issuer, token: string): Promise<Person> => issuer.person(token, { certSha256: CERT });
