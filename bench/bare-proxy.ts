/** What any Node gateway costs at the least: mutual TLS in, undici out, nothing looked at. Prints its port. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';

const [upstream, pki] = process.argv.slice(2) as [string, string];
const pem = (name: string) => readFileSync(`${pki}/${name}.pem`);
const pool = new Pool(upstream, { connections: 64 });
const server = createServer(
  {
    cert: pem('server-cert'),
    key: pem('server-key'),
    ca: pem('internal-ca-cert'),
    requestCert: true,
    rejectUnauthorized: true,
  },
  async (req, res) => {
    const { statusCode, headers, body } = await pool.request({
      method: 'POST',
      path: req.url!,
      headers: { 'content-type': 'application/json' },
      body: req,
    });
    res.writeHead(statusCode, { 'content-type': String(headers['content-type']) });
    body.pipe(res);
  },
);
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
