/** Payment and shops. */
import { hasDigit, type SecretRule, secret } from './row.ts';

export const PAYMENT: readonly SecretRule[] = [
  secret({
    id: 'stripe_key',
    pattern: /(?<![A-Za-z0-9])(?:[rs]k_(?:live|test|prod)_[A-Za-z0-9]{10,247}|whsec_[A-Za-z0-9+/]{24,80}={0,2})/,
    source: 'https://docs.stripe.com/keys',
    description: 'A Stripe key, secret or restricted, live or test, or a webhook signing secret.',
    cannotSee: 'Publishable keys, which are public.',
  }),
  secret({
    id: 'square_token',
    pattern: /(?<![A-Za-z0-9+/])(?:EAAA[A-Za-z0-9_-]{60}|sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,43})(?![A-Za-z0-9_-])/,
    source: 'https://developer.squareup.com/docs/build-basics/access-tokens',
    description: 'A Square access token or application secret.',
  }),
  secret({
    id: 'braintree_token',
    pattern: /(?<![A-Za-z0-9])access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}/,
    source: 'https://developer.paypal.com/braintree/docs/',
    description: 'A PayPal or Braintree access token.',
    cannotSee: 'Client secrets, which have no form of their own, unless a telling word stands before them.',
  }),
  secret({
    id: 'adyen_key',
    pattern: /(?<![A-Za-z0-9+/])AQE[a-z]hm[A-Za-z0-9+/=-]{60,240}/,
    source: 'https://docs.adyen.com/development-resources/api-credentials/',
    description: 'An Adyen API key.',
  }),
  secret({
    id: 'razorpay_key',
    pattern: /(?<![A-Za-z0-9])rzp_(?:live|test)_[A-Za-z0-9]{14}(?![A-Za-z0-9])/,
    source: 'https://razorpay.com/docs/api/authentication/',
    description: 'The id of a Razorpay key.',
    cannotSee: 'The secret that belongs to it, unless a telling word stands before it.',
  }),
  secret({
    id: 'flutterwave_key',
    pattern: /(?<![A-Za-z0-9])FLW(?:SECK|PUBK)(?:_TEST)?-[A-Za-z0-9]{12,34}(?:-X)?/,
    source: 'https://developer.flutterwave.com/docs/authentication',
    description: 'A Flutterwave key.',
    cannotSee: 'Keys of Paystack, which have the form of the keys of Stripe and are seen as such.',
  }),
  secret({
    id: 'plaid_token',
    pattern:
      /(?<![A-Za-z0-9])access-(?:sandbox|development|production)-[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}/,
    source: 'https://plaid.com/docs/api/tokens/',
    description: 'A Plaid access token.',
  }),
  secret({
    id: 'mollie_key',
    pattern: /(?<![A-Za-z0-9])(?:live|test)_[A-Za-z0-9]{30,48}(?![A-Za-z0-9])/,
    valid: (match) => hasDigit(match) && /[A-Z]/.test(match),
    source: 'https://docs.mollie.com/reference/authentication',
    description: 'A key of Mollie or GoCardless: "live_" or "test_" and at least 30 characters.',
  }),
  secret({
    id: 'shopify_token',
    pattern: /(?<![A-Za-z0-9])shp(?:at|ca|pa|ss|ua)_[a-fA-F0-9]{32}/,
    source: 'https://shopify.dev/changelog/length-of-the-shopify-access-token-is-increasing',
    description: 'A Shopify token or shared secret.',
  }),
];
