/** What differs between model servers. */
export const KINDS = {
  // Closes the connection after every stream although it promises keep-alive (measured on v0.5.0).
  'llama.cpp': { healthPath: '/health', reusableAfterStream: false },
  ollama: { healthPath: '/api/version', reusableAfterStream: true },
  vllm: { healthPath: '/health', reusableAfterStream: true },
} as const;

export type UpstreamKind = keyof typeof KINDS;
