/** The CAs that are listed, as TLS must be given them so that they are trusted for what they are. */
import { PemConverter, type X509Certificate } from './x509.ts';

/**
 * What OpenSSL appends to a certificate that is trusted for one purpose (`man openssl-x509`, "Trust Settings"):
 * `SEQUENCE { trust SEQUENCE OF OBJECT IDENTIFIER }`, here with clientAuth (1.3.6.1.5.5.7.3.2).
 */
const FOR_CLIENTS = Buffer.from('300c300a06082b06010505070302', 'hex');

/**
 * PEM for the `ca` of a TLS server. By itself OpenSSL follows a chain up to a self-signed root, and refuses the clients
 * of a listed intermediate CA whose root is not listed; listing the root would trust everything below it. A CA that is
 * marked as trusted is the end of the chain, whoever issued it. Node has `allowPartialTrustChain` for this, but a
 * `tls.Server` does not pass it on (seen in 24.21).
 */
export const trustAnchors = (cas: readonly X509Certificate[]): string =>
  cas
    .map(
      ({ rawData }) =>
        `${PemConverter.encode(Buffer.concat([Buffer.from(rawData), FOR_CLIENTS]), 'TRUSTED CERTIFICATE')}\n`,
    )
    .join('');
