/** Passwords in addresses: `postgres://user:password@host`. */
import { isPlaceholder } from './random.ts';
import { type SecretRule, secret } from './row.ts';

const SCHEME =
  '(?:postgres(?:ql)?|mysqlx?|mariadb|mongodb|rediss?|valkeys?|amqps?|mqtts?|kafka|nats|mssql|sqlserver|oracle|db2|cockroachdb|clickhouse|couchbase|couchdb|cassandra|neo4j|bolt|elasticsearch|opensearch|memcached|snowflake|redshift|influxdb|jdbc:[a-z]{2,12}|https?|wss?|s?ftps?|ssh|git|svn|smtps?|imaps?|pop3s?|ldaps?|smb|rtsp|socks5h?|vnc|rdp)';

/** What documentation writes for a password. */
const EXAMPLE = /^(?:pass(?:word|wd)?|pwd?|secret|pass?phrase|token|x+)$/i;

function hasPassword(address: string): boolean {
  const user = address.slice(address.indexOf('//') + 2);
  const password = user.slice(user.indexOf(':') + 1);
  return !EXAMPLE.test(password) && !isPlaceholder(password);
}

export const CONNECTION: readonly SecretRule[] = [
  secret({
    id: 'connection_string',
    // Up to the last at sign: people do not always write %40 for one in a password.
    pattern: new RegExp(
      String.raw`(?<![A-Za-z0-9])${SCHEME}(?:\+[a-z0-9]{2,12})?:\/\/[A-Za-z0-9._%+~!$&*=-]{0,64}:[A-Za-z0-9._%+~!$&*=?#|^:;,()@-]{1,128}(?=@)`,
    ),
    valid: hasPassword,
    source: 'RFC 3986, section 3.2.1',
    description:
      'A user name and password in the address of a database, queue, mail server, repository or web site, scheme included.',
    cannotSee: 'Passwords with a slash, a quote or a bracket in them; the word "password" itself and place-holders.',
  }),
];
