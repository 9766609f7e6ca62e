/** Clouds, and where programs are hosted. */
import { isRandom } from './random.ts';
import { after, hasDigit, type SecretRule, secret } from './row.ts';

export const CLOUD: readonly SecretRule[] = [
  secret({
    id: 'aws_access_key_id',
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])/,
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html',
    description: 'The id of an AWS access key, long-term or temporary.',
    cannotSee: 'The session token that belongs to a temporary one.',
  }),
  secret({
    id: 'aws_secret_key',
    pattern: /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=])/,
    valid: (match, before) =>
      /[a-z]/.test(match) &&
      /[A-Z]/.test(match) &&
      isRandom(match) &&
      /aws|amazon|secret.{0,20}key|A[KS]IA/i.test(before),
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html',
    description:
      'The secret of an AWS access key: 40 characters of base64 after "aws", "secret key" or the id of a key.',
    cannotSee: 'The same without such a word in the 100 characters before it.',
  }),
  secret({
    id: 'aws_bedrock_key',
    pattern: /(?<![A-Za-z0-9])(?:ABSK[A-Za-z0-9+/]{100,200}={0,2}|bedrock-api-key-[A-Za-z0-9+/=]{20,2000})/,
    source: 'https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html',
    description: 'An API key of Amazon Bedrock, long-term or short-term.',
  }),
  secret({
    id: 'google_api_key',
    pattern: /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}/,
    source: 'https://cloud.google.com/docs/authentication/api-keys',
    description: 'A Google API key.',
    cannotSee: 'Service accounts, which are seen by their private key.',
  }),
  secret({
    id: 'google_client_secret',
    pattern: /(?<![A-Za-z0-9])GOCSPX-[A-Za-z0-9_-]{28}/,
    source: 'https://developers.google.com/identity/protocols/oauth2',
    description: 'The secret of a Google OAuth client.',
  }),
  secret({
    id: 'google_access_token',
    pattern: /(?<![A-Za-z0-9])(?:ya29\.[A-Za-z0-9_-]{20,1024}|1\/\/0[A-Za-z0-9_-]{30,200})/,
    valid: hasDigit,
    source: 'https://developers.google.com/identity/protocols/oauth2',
    description: 'A Google OAuth access or refresh token.',
  }),
  secret({
    id: 'azure_storage_key',
    pattern:
      /(?<![A-Za-z0-9])(?:[Aa]ccount[Kk]ey|[Ss]hared[Aa]ccess[Kk]ey|[Aa]ccess[Kk]ey)\s{0,2}=\s{0,2}[A-Za-z0-9+/]{43,86}={1,2}/,
    source: 'https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string',
    description:
      'The key in a connection string of Azure Storage, Service Bus, Event Hubs or Cosmos DB, with its name.',
    cannotSee: 'The key without its name.',
  }),
  secret({
    id: 'azure_client_secret',
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}(?![A-Za-z0-9_~-])/,
    source: 'https://learn.microsoft.com/purview/sit-defn-client-secret-api-key',
    description: 'The secret of a Microsoft Entra application, with "Q~" in its fifth and sixth place.',
    cannotSee: 'Secrets from before 2021, which have no such mark.',
  }),
  secret({
    id: 'azure_sas',
    pattern: /(?<![A-Za-z0-9])sig=[A-Za-z0-9%+/]{43,88}={0,2}/,
    valid: after(/[?&;](?:sv|se|sp|sr|st|ss|srt|spr|skn|skoid|sip)=/),
    source: 'https://learn.microsoft.com/azure/storage/common/storage-sas-overview',
    description: 'The signature of an Azure shared access signature, after another of its parameters.',
    cannotSee: 'A signature that is the first parameter.',
  }),
  secret({
    id: 'azure_devops_token',
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])/,
    source:
      'https://learn.microsoft.com/azure/devops/organizations/accounts/use-personal-access-tokens-to-authenticate',
    description: 'A personal access token of Azure DevOps.',
    cannotSee: 'Tokens from before 2024, which are 52 characters without a mark.',
  }),
  secret({
    id: 'azure_marked_key',
    // Identifiable keys: a fixed mark towards the end of the base64
    pattern:
      /(?<![A-Za-z0-9+/])(?:[A-Za-z0-9]{52}JQQJ99[A-Za-z0-9]{26}|(?:[A-Za-z0-9+/]{44}Az[FS][ue]|[A-Za-z0-9+/]{76}(?:APIM|ACDb|\+ABa|\+AMC|\+ASt))[A-Za-z0-9+/]{5}[AQgw]==)/,
    source: 'https://github.com/microsoft/security-utilities',
    description: 'A key of an Azure service that carries a mark: OpenAI, Functions, Storage, Batch, Cosmos DB.',
    cannotSee: 'Keys from before the marks were brought in, unless a telling word stands before them.',
  }),
  secret({
    id: 'alibaba_key_id',
    pattern: /(?<![A-Za-z0-9])LTAI[A-Za-z0-9]{12,26}(?![A-Za-z0-9])/,
    valid: (match) => /[\da-z]/.test(match),
    source: 'https://www.alibabacloud.com/help/en/ram/user-guide/create-an-accesskey-pair',
    description: 'The id of an access key of Alibaba Cloud.',
    cannotSee: 'The secret that belongs to it, unless a telling word stands before it.',
  }),
  secret({
    id: 'tencent_key_id',
    pattern: /(?<![A-Za-z0-9])AKID[A-Za-z0-9]{32}(?![A-Za-z0-9])/,
    source: 'https://www.tencentcloud.com/document/product/598',
    description: 'The id of an access key of Tencent Cloud.',
    cannotSee: 'The secret that belongs to it, unless a telling word stands before it.',
  }),
  secret({
    id: 'digitalocean_token',
    pattern: /(?<![A-Za-z0-9])do[oprt]_v1_[a-f0-9]{64}(?![a-f0-9])/,
    source: 'https://docs.digitalocean.com/reference/api/create-personal-access-token/',
    description: 'A DigitalOcean token: personal, OAuth or refresh.',
  }),
  secret({
    id: 'cloudflare_key',
    pattern: /(?<![A-Za-z0-9])(?:cf(?:k|ut|at)_[A-Za-z0-9_-]{40,60}|v1\.0-[a-f0-9]{24}-[a-f0-9]{146})/,
    source: 'https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/',
    description: 'A Cloudflare key or token with a prefix, or an Origin CA key.',
    cannotSee: 'Keys from before the prefixes, unless a telling word stands before them.',
  }),
  secret({
    id: 'heroku_key',
    pattern: /(?<![A-Za-z0-9])HRKU-[A-Za-z0-9_-]{36,66}/,
    source: 'https://devcenter.heroku.com/articles/authentication',
    description: 'A Heroku API key with its prefix.',
    cannotSee: 'Older keys, which are UUIDs, unless a telling word stands before them.',
  }),
  secret({
    id: 'fly_token',
    pattern: /(?<![A-Za-z0-9])(?:fo1_[A-Za-z0-9_-]{43}|fm(?:1[ar]|2)_[A-Za-z0-9+/]{60,1000}={0,3})/,
    source: 'https://fly.io/docs/security/tokens/',
    description: 'A Fly.io access token.',
  }),
  secret({
    id: 'vercel_token',
    pattern: /(?<![A-Za-z0-9])(?:vc[pirak]_[A-Za-z0-9]{24,80}|vercel_blob_rw_[A-Za-z0-9]{16}_[A-Za-z0-9]{20,40})/,
    source: 'https://vercel.com/docs/sign-in-with-vercel/tokens',
    description: 'A Vercel token or key with a prefix, or a Blob read-write token.',
    cannotSee: 'Older tokens of 24 characters without prefix, unless a telling word stands before them.',
  }),
  secret({
    id: 'netlify_token',
    pattern: /(?<![A-Za-z0-9])nf[pcoub]_[A-Za-z0-9]{36}(?![A-Za-z0-9])/,
    source: 'https://docs.netlify.com/api-and-cli-guides/api-guides/get-started-with-api/',
    description: 'A Netlify token with a prefix.',
    cannotSee: 'Older tokens without prefix, unless a telling word stands before them.',
  }),
  secret({
    id: 'supabase_key',
    pattern: /(?<![A-Za-z0-9])(?:sbp_(?:v0_|oauth_)?[a-f0-9]{40}|sb_secret_[A-Za-z0-9_-]{22,60})/,
    source: 'https://supabase.com/docs/guides/api/api-keys',
    description: 'A Supabase personal token or secret key.',
    cannotSee: 'The older service keys, which are JSON Web Tokens and seen as such.',
  }),
  secret({
    id: 'planetscale_key',
    pattern: /(?<![A-Za-z0-9])pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,64}/,
    source: 'https://planetscale.com/docs/api/reference/service-tokens',
    description: 'A PlanetScale token or password.',
  }),
  secret({
    id: 'databricks_token',
    pattern: /(?<![A-Za-z0-9])(?:dapi|dose|dkea)[a-f0-9]{32}(?:-\d{1,2})?(?![A-Za-z0-9])/,
    source: 'https://docs.databricks.com/dev-tools/auth/pat.html',
    description: 'A Databricks token.',
  }),
];
