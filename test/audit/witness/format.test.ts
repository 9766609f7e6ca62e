import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { expect, test } from 'vitest';
import { originOf } from '../../../src/audit/format/checkpoint.ts';
import { checkCosignature, witnessedBytes } from '../../../src/audit/format/cosignature.ts';
import { openWitness } from '../../../src/audit/witness/witness.ts';
import { PRIVATE_KEY, tempDir } from '../helpers.ts';
import { testLog } from './support.ts';

/** The key of RFC 8032 §7.1, test 2, in PKCS#8 (RFC 8410 §7): known to everyone. */
const WITNESS_KEY = createPrivateKey({
  key: Buffer.from(
    '302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    'hex',
  ),
  format: 'der',
  type: 'pkcs8',
});
const WITNESSES = new Map([[originOf(createPublicKey(WITNESS_KEY)), createPublicKey(WITNESS_KEY)]]);
const log = testLog(PRIVATE_KEY);

async function witnessed(): Promise<string> {
  const witness = await openWitness({
    dir: await tempDir(),
    privateKey: WITNESS_KEY,
    logKeys: new Map([[log.origin, log.publicKey]]),
    onRefusal: () => {},
    now: () => new Date('2026-03-01T10:00:00Z'),
  });
  const answer = await witness.submit(Buffer.from(log.line(7)));
  await witness.close();
  if (answer.code !== 'witnessed') throw new Error(answer.code);
  return answer.line;
}

test('a witnessed checkpoint is this, to the byte', async () => {
  expect(await witnessed()).toBe(
    '{"v":1,"event":"audit.witnessed","origin":"06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9","size":7,"head":"d414af33768c70562f33c9e07c8e6a44215e05257af4ae35b633f515ded8424b","keyId":"06e3fd8fda29bb60","signature":"E7YedDz4TXhFuM9aaNGWmQ0zc8AddhFtcKdrUXWOEUBfnbyI4ZCbT1cN+9pD+4SbcuhJB+Fv17l5mpCZVLvLDg==","witness":"deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170","witnessedAt":"2026-03-01T10:00:00.000Z","witnessSignature":"heQ+XGQUiZ1wLyWMdFOZhyn7s9pQmHw56PxbC1buvshsz8k3qOuDgeKnflvpMJJSc/XlRodteKMgHvcQ7Z33BQ=="}',
  );
});

test('what is signed cannot be read in two ways', async () => {
  const honest = JSON.parse(await witnessed());
  expect(checkCosignature(honest, WITNESSES)).toBeNull();
  const { head } = honest;
  const forge = (change: { head?: string; witnessedAt?: string }) => {
    const forged = { ...honest, ...change };
    const bytes = witnessedBytes(forged, forged.witnessedAt);
    return { ...forged, witnessSignature: sign(null, bytes, WITNESS_KEY).toString('base64') };
  };
  const early = '2020-01-01T00:00:00.000Z';
  // Both sign the same bytes.
  const byHead = forge({ head: `${head}\n${early}`, witnessedAt: honest.witnessedAt });
  const byTime = forge({ witnessedAt: `${early}\n${honest.witnessedAt}` });
  expect(byHead.witnessSignature).toBe(byTime.witnessSignature);
  for (const forged of [byHead, byTime]) expect(checkCosignature(forged, WITNESSES)).toMatch(/^lacks/);
});
