/** An approval is used once, whatever keeps it and however many instances are asked at the same moment. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Approvals,
  type Asked,
  approvalsFormat,
  approved,
  type Party,
  usedOrAsked,
} from '../../src/admin/approvals.ts';
import type { SharedDocument } from '../../src/core/document/document.ts';
import { openFileDocument } from '../../src/core/document/file.ts';
import { connectDocuments, openRedisDocument } from '../../src/core/document/redis.ts';
import { describeWithRedis, startRedis } from '../support/redis.ts';

const what: Asked = {
  upstream: 'local',
  method: 'DELETE',
  target: '/api/delete',
  route: 'DELETE /api/delete',
  subject: 'llama3',
  bodySha256: 'a'.repeat(64),
};
const party = (name: string): Party => ({ kind: 'person', id: name, client: name, certSha256: name.repeat(64) });

async function usedOnce(instances: readonly SharedDocument<Approvals>[]): Promise<void> {
  const circumstances = () => ({ now: new Date(), lifeMs: 60_000, stands: () => true });
  const use = async (document: SharedDocument<Approvals>) => {
    let answer: ReturnType<typeof usedOrAsked> | undefined;
    await document.change((all) => {
      answer = usedOrAsked(all, what, party('a'), circumstances());
      return answer.approvals;
    });
    return answer!;
  };
  const { id } = await use(instances[0]!);
  await instances[1]!.change((all) => approved(all, id, party('b'), circumstances()).approvals);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => use(instances[i % instances.length]!)));
  expect(answers.filter(({ isUsed }) => isUsed)).toHaveLength(1);
}

test('in a file', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'approvals-'));
  const open = () => openFileDocument(approvalsFormat, join(dir, 'approvals.json'), { onAlarm: () => {} });
  const instances = [await open(), await open()];
  await usedOnce(instances);
  for (const instance of instances) await instance.close();
  rmSync(dir, { recursive: true });
});

describeWithRedis('in Redis', () => {
  test('by two instances', async () => {
    const server = await startRedis();
    onTestFinished(() => server.close());
    const connections = [connectDocuments(server.tcpUrl), connectDocuments(server.tcpUrl)];
    const open = (connection: (typeof connections)[number]) =>
      openRedisDocument(approvalsFormat, connection, { onAlarm: () => {} });
    const instances = await Promise.all(connections.map(open));
    await usedOnce(instances);
    for (const instance of instances) await instance.close();
    for (const connection of connections) connection.close();
  });
});
