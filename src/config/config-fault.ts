/** What can be wrong with a configuration. */
export interface ConfigFault {
  readonly code:
    | 'unknown_setting'
    | 'invalid_setting'
    | 'inert_setting'
    | 'duplicate_name'
    | 'missing_secret'
    | 'invalid_environment';
  /** `limits.requestsPerMinute`, or the name of an environment variable. */
  readonly at: string;
  /** Follows that in a sentence. */
  readonly message: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export const REDIS_URL = /^(rediss?|unix):\/\//;
export const REDIS_REMEDY = 'use redis://host:port, rediss://host:port or unix:///path';
