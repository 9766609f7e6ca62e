/** Observability, and services for work, data and identity. */
import { isRandom } from './random.ts';
import { after, hasDigit, type SecretRule, secret } from './row.ts';

export const SERVICES: readonly SecretRule[] = [
  secret({
    id: 'datadog_key',
    pattern: /(?<![A-Za-z0-9])(?:[a-f0-9]{40}|[a-f0-9]{32})(?![A-Za-z0-9])/,
    valid: after(/datadog|(?:^|[^a-z])dd[_-](?:api|app)/i),
    source: 'https://docs.datadoghq.com/account_management/api-app-keys/',
    description: 'A Datadog API or application key, 32 or 40 hexadecimal digits, after the word "Datadog".',
    cannotSee: 'The same without that word in the 100 characters before it.',
  }),
  secret({
    id: 'newrelic_key',
    pattern:
      /(?<![A-Za-z0-9])(?:NR(?:AK|II|IQ|RA|SP)-[A-Za-z0-9_-]{27,40}|NRJS-[a-f0-9]{19}|(?:eu01xx)?[a-f0-9]{30,36}NRAL)(?![A-Za-z0-9])/,
    source: 'https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/',
    description: 'A New Relic key: user, insert, query, browser or licence.',
  }),
  secret({
    id: 'grafana_token',
    pattern:
      /(?<![A-Za-z0-9])(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{32,400}={0,3}|eyJrIjoi[A-Za-z0-9]{60,400}={0,3})/,
    source: 'https://grafana.com/docs/grafana/latest/administration/service-accounts/',
    description: 'A Grafana token: service account, cloud or the older API key.',
  }),
  secret({
    id: 'sentry_token',
    pattern: /(?<![A-Za-z0-9])(?:sntrys_[A-Za-z0-9+/=_]{60,500}|sntry[ua]_[a-f0-9]{64})/,
    source: 'https://docs.sentry.io/account/auth-tokens/',
    description: 'A Sentry token: of an organisation or of a user.',
    cannotSee: 'Older tokens, which are 64 hexadecimal digits, unless a telling word stands before them.',
  }),
  secret({
    id: 'dynatrace_token',
    pattern: /(?<![A-Za-z0-9])dt0[a-z]\d{2}\.[A-Za-z0-9]{8,24}\.[A-Za-z0-9]{64}/,
    source: 'https://docs.dynatrace.com/docs/dynatrace-api/basics/dynatrace-api-authentication',
    description: 'A Dynatrace token.',
  }),
  secret({
    id: 'posthog_key',
    pattern: /(?<![A-Za-z0-9])ph[xs]_[A-Za-z0-9]{40,50}/,
    source: 'https://posthog.com/docs/api',
    description: 'A PostHog personal or feature flag key.',
    cannotSee: 'Project keys, which are public.',
  }),
  secret({
    id: 'honeycomb_key',
    pattern: /(?<![A-Za-z0-9])hc[abc]i[kc]_[a-z0-9]{58}/,
    source: 'https://docs.honeycomb.io/configure/environments/manage-api-keys/',
    description: 'A Honeycomb key.',
  }),
  secret({
    id: 'launchdarkly_key',
    pattern: /(?<![A-Za-z0-9])(?:api|sdk|mob)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}/,
    source: 'https://launchdarkly.com/docs/home/account/api',
    description: 'A LaunchDarkly key or token.',
  }),
  secret({
    id: 'atlassian_token',
    pattern: /(?<![A-Za-z0-9])AT(?:ATT|STT|CTT)3[A-Za-z0-9_=-]{60,250}/,
    source: 'https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/',
    description: 'An Atlassian API token.',
    cannotSee: 'Older tokens, which are 24 characters, unless a telling word stands before them.',
  }),
  secret({
    id: 'linear_key',
    pattern: /(?<![A-Za-z0-9])lin_(?:api|oauth|wh)_[A-Za-z0-9]{32,64}/,
    source: 'https://linear.app/developers/graphql',
    description: 'A Linear API key, OAuth token or webhook secret.',
  }),
  secret({
    id: 'notion_token',
    pattern: /(?<![A-Za-z0-9])(?:ntn_[A-Za-z0-9]{40,50}|secret_[A-Za-z0-9]{43})(?![A-Za-z0-9])/,
    valid: hasDigit,
    source: 'https://developers.notion.com/docs/authorization',
    description: 'A Notion integration token.',
  }),
  secret({
    id: 'airtable_token',
    pattern: /(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[a-f0-9]{64}/,
    source: 'https://airtable.com/developers/web/guides/personal-access-tokens',
    description: 'An Airtable personal access token.',
    cannotSee: 'The keys that Airtable has withdrawn: "key" and 14 characters.',
  }),
  secret({
    id: 'figma_token',
    pattern: /(?<![A-Za-z0-9])fig(?:d|o|or|u|ur)_[A-Za-z0-9_-]{36,60}/,
    source: 'https://developers.figma.com/docs/rest-api/authentication/',
    description: 'A Figma token.',
  }),
  secret({
    id: 'dropbox_token',
    pattern: /(?<![A-Za-z0-9])sl\.(?:u\.)?[A-Za-z0-9_-]{130,1500}/,
    source: 'https://developers.dropbox.com/oauth-guide',
    description: 'A Dropbox access token.',
  }),
  secret({
    id: 'okta_token',
    pattern: /(?<![A-Za-z0-9])00[A-Za-z0-9_-]{40}(?![A-Za-z0-9_-])/,
    valid: (match, before) => /[a-z]/.test(match) && /[A-Z]/.test(match) && /okta|SSWS/i.test(before),
    source: 'https://developer.okta.com/docs/guides/create-an-api-token/',
    description: 'An Okta API token after "Okta" or "SSWS".',
    cannotSee: 'The same without such a word in the 100 characters before it.',
  }),
  secret({
    id: 'postman_key',
    pattern: /(?<![A-Za-z0-9])PMA[KT]-[A-Za-z0-9]{24,26}(?:-[a-f0-9]{34})?(?![A-Za-z0-9])/,
    source: 'https://learning.postman.com/docs/developer/postman-api/authentication/',
    description: 'A Postman API key or collection access token.',
  }),
  secret({
    id: 'hubspot_token',
    pattern:
      /(?<![A-Za-z0-9])pat-(?:na|eu|ap)\d-[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}/,
    source: 'https://developers.hubspot.com/docs/guides/apps/private-apps/overview',
    description: 'A HubSpot private app token.',
  }),
  secret({
    id: 'mapbox_token',
    pattern: /(?<![A-Za-z0-9])(?:sk|tk)\.eyJ[A-Za-z0-9_-]{50,120}\.[A-Za-z0-9_-]{22}/,
    source: 'https://docs.mapbox.com/help/getting-started/access-tokens/',
    description: 'A Mapbox secret or temporary token.',
    cannotSee: 'Public tokens, which begin with "pk.".',
  }),
  secret({
    id: 'facebook_token',
    pattern: /(?<![A-Za-z0-9+/])EAA[A-Z][A-Za-z0-9]{80,400}(?![A-Za-z0-9])/,
    valid: isRandom,
    source: 'https://developers.facebook.com/docs/facebook-login/guides/access-tokens/',
    description: 'A Facebook access token.',
  }),
  secret({
    id: 'instagram_token',
    pattern: /(?<![A-Za-z0-9])IG(?:QVJ|AA)[A-Za-z0-9_-]{80,400}/,
    source: 'https://developers.facebook.com/docs/instagram-platform/',
    description: 'An Instagram access token.',
  }),
  secret({
    id: 'twitter_bearer',
    pattern: /(?<![A-Za-z0-9+/])AAAAAAAAAAAAAAAAAAAAA[A-Za-z0-9%]{70,120}(?![A-Za-z0-9+/])/,
    valid: isRandom,
    source: 'https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/bearer-tokens',
    description: 'A bearer token of X (Twitter).',
  }),
  secret({
    id: 'tailscale_key',
    pattern: /(?<![A-Za-z0-9])tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{6,20}-[A-Za-z0-9]{20,50}/,
    source: 'https://tailscale.com/kb/1277/key-prefixes',
    description: 'A Tailscale key.',
  }),
  secret({
    id: 'contentful_token',
    pattern: /(?<![A-Za-z0-9])CFPAT-[A-Za-z0-9_-]{40,50}/,
    source: 'https://www.contentful.com/developers/docs/references/authentication/',
    description: 'A Contentful personal access token.',
  }),
];
