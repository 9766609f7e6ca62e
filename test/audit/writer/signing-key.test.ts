import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, verify } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openSigner, publicKeyFile } from '../../../src/audit/writer/signing-key.ts';
import { tempDir } from '../helpers.ts';

const newFile = async () => join(await tempDir(), 'var', 'audit-signing-key.pem');
const HEAD = 'ab'.repeat(32);

describe('the signing key', () => {
  test('is made if there is none, for its owner only, with its public half beside it', async () => {
    const file = await newFile();
    const signer = await openSigner(file);
    const signed = signer(7, HEAD);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(createPrivateKey(await readFile(file)).asymmetricKeyType).toBe('ed25519');
    expect(await readdir(join(file, '..'))).toEqual(['audit-signing-key.pem', 'audit-signing-key.pub.pem']);
    expect((await stat(publicKeyFile(file))).mode & 0o444).toBe(0o444);

    const publicKey = createPublicKey(await readFile(publicKeyFile(file)));
    const origin = hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex');
    expect(signer.origin).toBe(origin);
    expect(signed).toMatchObject({ origin, size: 7, head: HEAD, keyId: origin.slice(0, 16) });
    const text = `sallyport audit checkpoint v1\n${origin}\n7\n${HEAD}\n`;
    expect(verify(null, Buffer.from(text), publicKey, Buffer.from(signed.signature, 'base64'))).toBe(true);
  });

  test('stays the same, and nothing is written again', async () => {
    const file = await newFile();
    const first = (await openSigner(file))(1, HEAD);
    const before = await Promise.all([stat(file), stat(publicKeyFile(file))]);
    expect((await openSigner(file))(1, HEAD)).toEqual(first);
    const after = await Promise.all([stat(file), stat(publicKeyFile(file))]);
    expect(after.map(({ ino, mtimeMs }) => [ino, mtimeMs])).toEqual(before.map(({ ino, mtimeMs }) => [ino, mtimeMs]));
  });

  test('is one, when several starts make it together', async () => {
    const file = await newFile();
    const signers = await Promise.all(Array.from({ length: 5 }, () => openSigner(file)));
    expect(new Set(signers.map((signer) => signer(1, HEAD).origin)).size).toBe(1);
  });

  test('has its public half written anew if that is missing', async () => {
    const file = await newFile();
    await openSigner(file);
    const pem = await readFile(publicKeyFile(file), 'utf8');
    await rm(publicKeyFile(file));
    await openSigner(file);
    expect(await readFile(publicKeyFile(file), 'utf8')).toBe(pem);
  });

  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey: ed, publicKey } = generateKeyPairSync('ed25519');
  const encrypted = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' } as const;
  test.each<[string, string | Buffer, RegExp]>([
    ['is empty', '', /not a private key in PEM/],
    ['is no PEM', 'hello', /not a private key in PEM/],
    ['was cut short', ed.export({ type: 'pkcs8', format: 'pem' }).slice(0, 60), /not a private key in PEM/],
    ['is the public one', publicKey.export({ type: 'spki', format: 'pem' }), /not a private key in PEM/],
    ['has a passphrase', ed.export(encrypted), /without a passphrase/],
    ['is of another kind', rsa.export({ type: 'pkcs8', format: 'pem' }), /not an Ed25519 key but rsa/],
  ])('is refused if it %s, and left as it is', async (_, content, message) => {
    const file = join(await tempDir(), 'key.pem');
    await writeFile(file, content);
    const opened = openSigner(file);
    await expect(opened).rejects.toMatchObject({ code: 'signing_key_unusable', exitCode: 2 });
    await expect(opened).rejects.toThrow(message);
    expect(await readFile(file, 'utf8')).toBe(content.toString());
    expect(await readdir(join(file, '..'))).toEqual(['key.pem']);
  });

  test.each([
    ['another public key', publicKey.export({ type: 'spki', format: 'pem' })],
    ['none', 'hello'],
  ])('is refused if %s lies beside it', async (_, content) => {
    const file = await newFile();
    await openSigner(file);
    await writeFile(publicKeyFile(file), content);
    await expect(openSigner(file)).rejects.toMatchObject({ code: 'signing_key_mismatch', exitCode: 2 });
    expect(await readFile(publicKeyFile(file), 'utf8')).toBe(content);
  });

  test('is refused with a reason where files cannot be had', async () => {
    const dir = await tempDir();
    await expect(openSigner(dir)).rejects.toMatchObject({ code: 'signing_key_unusable' });
    await writeFile(join(dir, 'file'), '');
    await expect(openSigner(join(dir, 'file', 'key.pem'))).rejects.toMatchObject({ code: 'signing_key_unusable' });
    await mkdir(join(dir, 'closed'));
    await chmod(join(dir, 'closed'), 0o500);
    // The superuser may write everywhere.
    if (process.getuid?.() !== 0) {
      const opened = openSigner(join(dir, 'closed', 'key.pem'));
      await expect(opened).rejects.toMatchObject({ code: 'signing_key_unusable' });
    }
    await chmod(join(dir, 'closed'), 0o700);
  });
});
