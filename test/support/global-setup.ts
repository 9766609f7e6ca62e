/** Made once for the whole run: a PKI that every test may read and none may change. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { initPki } from '../../src/identity/issuing.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Directory of the PKI: the files of `sallyport pki init`. */
    pki: string;
  }
}

export default async function setup(project: TestProject) {
  const pki = await mkdtemp(join(tmpdir(), 'sallyport-pki-'));
  await initPki(pki);
  project.provide('pki', pki);
  return () => rm(pki, { recursive: true, force: true });
}
