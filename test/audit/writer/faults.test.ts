/** What is acknowledged stays, whatever the disk does and whenever the power goes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openAuditLog } from '../../../src/audit/log.ts';
import { verifyAudit } from '../../../src/audit/verify/verify.ts';
import { openSigner, publicKeyFile as publicKeyOf } from '../../../src/audit/writer/signing-key.ts';
import { type Fate, FaultyFs, options, publicKeyFile, recordsOf, segmentsOf, tempDir } from '../helpers.ts';

const fate = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Fate>('ok') },
  { weight: 2, arbitrary: fc.constantFrom<Fate>('short', 'torn', 'fail') },
);
const scenario = fc.record({
  /** Appends at once, step by step. */
  steps: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
  fates: fc.array(fate, { maxLength: 60 }),
  syncsFail: fc.boolean(),
  segmentBytes: fc.integer({ min: 200, max: 3000 }),
  checkpointEveryRecords: fc.integer({ min: 1, max: 20 }),
  /** How much of what was never synced a power cut leaves, in thousandths. */
  survives: fc.integer({ min: 0, max: 1000 }),
});

async function expectAll(dir: string, acknowledged: Map<number, number>, key: string) {
  const records = await recordsOf(dir);
  const ids = records.flatMap(({ id }) => (id === undefined ? [] : [id]));
  expect(new Set(ids).size, 'nothing is there twice').toBe(ids.length);
  for (const [id, seq] of acknowledged) expect(records[seq - 1], `record ${seq}`).toMatchObject({ seq, id });
  // If every sync failed from the beginning on, nothing was ever signed.
  const { faults } = await verifyAudit([dir], { publicKeyFile: key });
  expect(faults.filter(({ kind }) => kind !== 'unsigned')).toEqual([]);
}

test('every acknowledged record survives faults at any system call, and a power cut after them', async () => {
  const key = await publicKeyFile();
  await fc.assert(
    fc.asyncProperty(scenario, async ({ steps, fates, syncsFail, survives, ...sizes }) => {
      const dir = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
      const after = await mkdtemp(join(tmpdir(), 'sallyport-audit-'));
      try {
        const fs = new FaultyFs();
        const log = await openAuditLog(options(dir, { fs, ...sizes }));
        let call = 0;
        fs.fate = (operation) => {
          const next = fates[call++] ?? 'ok';
          const isSync = operation === 'datasync' || operation === 'syncDir';
          return isSync && !syncsFail ? 'ok' : next;
        };
        const acknowledged = new Map<number, number>();
        let id = 0;
        for (const count of steps) {
          await Promise.allSettled(
            Array.from({ length: count }, async () => {
              const own = ++id;
              acknowledged.set(own, await log.append({ event: 'e', id: own }));
            }),
          );
          if (!log.healthy) await log.recover();
        }

        // The power goes: of every file, what was synced is left, and some of the rest.
        for (const name of await segmentsOf(dir)) {
          const [from, to] = [join(dir, name), join(after, name)];
          await copyFile(from, to);
          const durable = fs.durable.get(from) ?? 0;
          const { size } = await stat(from);
          await truncate(to, durable + Math.floor(((size - durable) * survives) / 1000));
        }
        await (await openAuditLog(options(after, { fs: new FaultyFs() }))).close();
        await expectAll(after, acknowledged, key);

        fs.fate = () => 'ok';
        await log.recover();
        await log.close();
        await expectAll(dir, acknowledged, key);
      } finally {
        await rm(dir, { recursive: true });
        await rm(after, { recursive: true });
      }
    }),
    { numRuns: 100 },
  );
}, 30_000);

test('every acknowledged record survives kill -9', async () => {
  const dir = await tempDir();
  const keyFile = join(await tempDir(), 'key.pem');
  const module = (name: string) => JSON.stringify(new URL(`../../../src/audit/${name}.ts`, import.meta.url).href);
  const program = `
    const { openAuditLog } = await import(${module('log')});
    const { openSigner } = await import(${module('writer/signing-key')});
    const log = await openAuditLog({ dir: ${JSON.stringify(dir)}, instance: 'killed', durability: 'fsync', segmentBytes: 20000,
      signer: await openSigner(${JSON.stringify(keyFile)}), checkpointEveryRecords: 30, checkpointEveryMs: 20, retainDays: 1,
      mirror: (line) => process.stdout.write(line + '\\n') });
    const client = async () => { for (;;) await log.append({ event: 'e', text: 'x'.repeat(Math.random() * 300) }); };
    await Promise.all(Array.from({ length: 8 }, client));`;
  const told: string[] = [];
  for (let round = 0; round < 3; round++) {
    const gateway = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const goal = told.length + 200;
    for await (const line of createInterface({ input: gateway.stdout })) {
      told.push(line);
      if (told.length === goal) gateway.kill('SIGKILL');
    }
    if (gateway.exitCode === null && gateway.signalCode === null) await once(gateway, 'exit');
    expect(gateway.signalCode).toBe('SIGKILL');
  }
  await (await openAuditLog(options(dir, { signer: await openSigner(keyFile) }))).close();
  const text = await Promise.all((await segmentsOf(dir)).map((name) => readFile(join(dir, name), 'utf8')));
  const written = new Set(text.join('').split('\n'));
  // The last line that each run told may have been cut by the kill itself.
  const whole = told.filter((line) => line.endsWith('"}'));
  expect(whole.length).toBeGreaterThanOrEqual(told.length - 3);
  expect(whole.filter((line) => !written.has(line))).toEqual([]);
  const { faults, signed } = await verifyAudit([dir], { publicKeyFile: publicKeyOf(keyFile) });
  expect({ faults, beyond: signed?.beyond }).toEqual({ faults: [], beyond: 0 });
}, 30_000);
