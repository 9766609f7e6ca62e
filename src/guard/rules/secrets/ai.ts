/** Providers of models. */
import { hasDigit, type SecretRule, secret } from './row.ts';

export const AI: readonly SecretRule[] = [
  secret({
    id: 'api_key',
    // A digit is asked for early on, so that `sk-sk-sk-` is not read to its end again and again.
    pattern: /(?<![A-Za-z0-9])sk-[A-Za-z_-]{0,32}\d[A-Za-z0-9_-]{1,220}/,
    valid: (match) => match.length >= 23 && hasDigit(match),
    source: 'https://platform.openai.com/docs/api-reference/authentication',
    description: 'An API key in the style of OpenAI and Anthropic: sk-, sk-proj-, sk-ant-, sk-or-.',
    cannotSee: 'Keys without a digit, and keys of providers that use no prefix.',
  }),
  secret({
    id: 'huggingface_token',
    pattern: /(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{34,40}(?![A-Za-z0-9])/,
    source: 'https://huggingface.co/docs/hub/security-tokens',
    description: 'A Hugging Face token, of a user or of an organisation.',
  }),
  secret({
    id: 'replicate_token',
    pattern: /(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37,40}(?![A-Za-z0-9])/,
    source: 'https://replicate.com/docs/topics/security/api-tokens',
    description: 'A Replicate API token.',
  }),
  secret({
    id: 'groq_key',
    pattern: /(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,60}(?![A-Za-z0-9])/,
    source: 'https://console.groq.com/docs/quickstart',
    description: 'A Groq API key.',
  }),
  secret({
    id: 'xai_key',
    pattern: /(?<![A-Za-z0-9])xai-[A-Za-z0-9]{60,90}(?![A-Za-z0-9])/,
    source: 'https://docs.x.ai/docs/tutorial',
    description: 'An xAI API key.',
  }),
  secret({
    id: 'perplexity_key',
    pattern: /(?<![A-Za-z0-9])pplx-[A-Za-z0-9]{40,60}(?![A-Za-z0-9])/,
    source: 'https://docs.perplexity.ai/getting-started/quickstart',
    description: 'A Perplexity API key.',
  }),
  secret({
    id: 'nvidia_key',
    pattern: /(?<![A-Za-z0-9])nvapi-[A-Za-z0-9_-]{60,70}/,
    source: 'https://docs.nvidia.com/nim/large-language-models/latest/getting-started.html',
    description: 'An NVIDIA API key.',
  }),
  secret({
    id: 'inference_key',
    pattern:
      /(?<![A-Za-z0-9])(?:fw_[A-Za-z0-9]{22,40}|tgp_v1_[A-Za-z0-9_-]{40,50}|csk-[a-z0-9]{46,50}|lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}|pcsk_[A-Za-z0-9_]{60,80}|tvly-[A-Za-z0-9-]{30,50}|sk_[a-f0-9]{48}|jina_[A-Za-z0-9_-]{50,70})(?![A-Za-z0-9])/,
    valid: hasDigit,
    source: 'https://docs.github.com/code-security/secret-scanning/introduction/supported-secret-scanning-patterns',
    description: 'A key of Fireworks, Together, Cerebras, LangSmith, Pinecone, Tavily, ElevenLabs or Jina.',
    cannotSee: 'Keys of Cohere, Mistral and others without prefix, unless a telling word stands before them.',
  }),
];
