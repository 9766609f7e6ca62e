/**
 * Loaded into a quickstart before its own code (`NODE_OPTIONS=--import=…`): the host it sees has no model server on
 * the ports where they usually listen, whatever runs on this machine, except those that HOST_PORTS names as JSON:
 * `{"8080": 40123}` puts what listens on 40123 on 8080.
 */
import net from 'node:net';

const USUAL = ['11434', '8080', '8000'];
const seen = JSON.parse(process.env['HOST_PORTS'] ?? '{}') as Record<string, number>;
/** Nothing listens on port 1 (tcpmux), and only root could change that. */
const NOBODY = 1;

const { connect } = net;
net.connect = ((options: net.TcpNetConnectOpts, ...rest: never[]) =>
  connect(
    USUAL.includes(String(options.port)) ? { ...options, port: seen[String(options.port)] ?? NOBODY } : options,
    ...rest,
  )) as typeof connect;
