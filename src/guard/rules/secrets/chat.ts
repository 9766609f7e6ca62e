/** Chat, mail and telephony. */
import { after, hasDigit, type SecretRule, secret } from './row.ts';

export const CHAT: readonly SecretRule[] = [
  secret({
    id: 'slack_token',
    pattern: /(?<![A-Za-z0-9])(?:xox[abceoprsd]|xapp|xwfp)[-.][A-Za-z0-9.%_-]{10,250}/,
    source: 'https://api.slack.com/concepts/token-types',
    description: 'A Slack token: bot, user, app, configuration, refresh, workflow or legacy.',
  }),
  secret({
    id: 'slack_webhook',
    pattern: /(?<![A-Za-z0-9])hooks\.slack(?:-gov)?\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9+/]{20,90}/,
    source: 'https://api.slack.com/messaging/webhooks',
    description: 'The address of a Slack webhook, from the name of the host on.',
    cannotSee: 'The path without the host.',
  }),
  secret({
    id: 'discord_token',
    pattern:
      /(?<![A-Za-z0-9])(?:[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}|mfa\.[A-Za-z0-9_-]{84})/,
    valid: hasDigit,
    source: 'https://discord.com/developers/docs/reference#authentication',
    description: 'A Discord token of a bot or of a user.',
  }),
  secret({
    id: 'discord_webhook',
    pattern: /(?<![A-Za-z0-9])discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks\/\d{17,20}\/[A-Za-z0-9_-]{60,80}/,
    source: 'https://discord.com/developers/docs/resources/webhook',
    description: 'The address of a Discord webhook, from the name of the host on.',
    cannotSee: 'The path without the host.',
  }),
  secret({
    id: 'telegram_token',
    pattern: /(?<!\d)\d{8,10}:A[A-Za-z0-9_-]{34}(?![A-Za-z0-9_-])/,
    source: 'https://core.telegram.org/bots/api#authorizing-your-bot',
    description: 'A Telegram bot token.',
  }),
  secret({
    id: 'teams_webhook',
    pattern:
      /(?<![A-Za-z0-9])webhook\.office\.com\/webhookb2\/[A-Za-z0-9@-]{36,80}\/IncomingWebhook\/[A-Za-z0-9]{32}(?:\/[A-Za-z0-9-]{36}(?:\/[A-Za-z0-9_-]{20,60})?)?/,
    source: 'https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/',
    description: 'The address of a Microsoft Teams webhook, from the name of the host on.',
    cannotSee: 'Workflows in Power Automate: their signature is seen as a shared access signature.',
  }),
  secret({
    id: 'google_chat_webhook',
    pattern:
      /(?<![A-Za-z0-9])chat\.googleapis\.com\/v1\/spaces\/[A-Za-z0-9_-]{8,20}\/messages\?key=[A-Za-z0-9_-]{30,50}&token=[A-Za-z0-9_%-]{30,60}/,
    source: 'https://developers.google.com/workspace/chat/quickstart/webhooks',
    description: 'The address of a Google Chat webhook, from the name of the host on.',
    cannotSee: 'The path without the host, of which the key is seen as a Google API key.',
  }),
  secret({
    id: 'sendgrid_key',
    pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}/,
    source: 'https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys',
    description: 'A SendGrid API key.',
  }),
  secret({
    id: 'mailgun_key',
    pattern: /(?<![A-Za-z0-9])(?:key-[a-f0-9]{32}|[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8})(?![A-Za-z0-9-])/,
    source: 'https://documentation.mailgun.com/docs/mailgun/api-reference/mg-auth',
    description: 'A Mailgun API key or signing key.',
  }),
  secret({
    id: 'mailchimp_key',
    pattern: /(?<![A-Za-z0-9])(?:[a-f0-9]{32}-us\d{1,2}|md-[A-Za-z0-9_-]{22})(?![A-Za-z0-9_-])/,
    valid: hasDigit,
    source: 'https://mailchimp.com/developer/marketing/guides/quick-start/',
    description: 'A Mailchimp or Mailchimp Transactional API key.',
  }),
  secret({
    id: 'brevo_key',
    pattern: /(?<![A-Za-z0-9])x(?:keysib|smtpsib)-[a-f0-9]{64}-[A-Za-z0-9]{16}/,
    source: 'https://developers.brevo.com/docs/getting-started',
    description: 'A Brevo (Sendinblue) key for its API or for SMTP.',
  }),
  secret({
    id: 'resend_key',
    pattern: /(?<![A-Za-z0-9])re_[A-Za-z0-9]{7,10}_[A-Za-z0-9]{22,26}(?![A-Za-z0-9])/,
    valid: hasDigit,
    source: 'https://resend.com/docs/dashboard/api-keys/introduction',
    description: 'A Resend API key.',
  }),
  secret({
    id: 'postmark_token',
    pattern:
      /(?<![A-Za-z0-9])[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}(?![A-Za-z0-9-])/,
    valid: after(/postmark/i),
    source: 'https://postmarkapp.com/developer/api/overview',
    description: 'A Postmark token, a UUID, after the word "Postmark".',
    cannotSee: 'The same without that word in the 100 characters before it.',
  }),
  secret({
    id: 'twilio_key',
    pattern: /(?<![A-Za-z0-9])(?:SK|AC)[a-f0-9]{32}(?![A-Za-z0-9])/,
    source: 'https://www.twilio.com/docs/iam/api-keys',
    description: 'The id of a Twilio account or API key.',
    cannotSee: 'The auth token that belongs to it, 32 hexadecimal digits, unless a telling word stands before it.',
  }),
];
