/** Tokens and hashes whose form is a standard, and the keys of this gateway. */
import { hasDigit, type SecretRule, secret } from './row.ts';

export const TOKENS: readonly SecretRule[] = [
  secret({
    id: 'jwt',
    pattern: /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,2048}\.eyJ[A-Za-z0-9_-]{5,4096}\.[A-Za-z0-9_-]{0,1024}/,
    source: 'RFC 7519',
    description: 'A signed JSON Web Token in compact form, with or without its signature.',
    cannotSee: 'Tokens with a header or claims longer than 2 and 4 kB.',
  }),
  secret({
    id: 'jwe',
    pattern:
      /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,1024}\.[A-Za-z0-9_-]{0,512}\.[A-Za-z0-9_-]{12,32}\.[A-Za-z0-9_-]{8,4096}\.[A-Za-z0-9_-]{22,64}/,
    source: 'RFC 7516',
    description: 'An encrypted JSON Web Token in compact form: five parts.',
    cannotSee: 'Tokens of more than 4 kB.',
  }),
  secret({
    id: 'paseto',
    pattern: /(?<![A-Za-z0-9])v[1-4]\.(?:local|public)\.[A-Za-z0-9_-]{32,2048}(?:\.[A-Za-z0-9_-]{4,512})?/,
    source: 'https://github.com/paseto-standard/paseto-spec',
    description: 'A PASETO token.',
  }),
  secret({
    id: 'password_hash',
    pattern:
      /(?<![A-Za-z0-9$])\$(?:2[abxy]?\$\d{2}\$[A-Za-z0-9./]{53}|(?:1|apr1)\$[A-Za-z0-9./]{1,8}\$[A-Za-z0-9./]{22}|[56]\$(?:rounds=\d{1,9}\$)?[A-Za-z0-9./]{1,16}\$[A-Za-z0-9./]{43,86}|y\$[A-Za-z0-9./]{1,8}\$[A-Za-z0-9./]{1,86}\$[A-Za-z0-9./]{43}|argon2(?:id|i|d)\$v=\d{1,3}\$[mtp=,\d]{5,40}\$[A-Za-z0-9+/]{8,64}\$[A-Za-z0-9+/]{16,128}|scrypt\$[A-Za-z0-9=,]{4,40}\$[A-Za-z0-9+/]{8,64}\$[A-Za-z0-9+/]{16,128})(?![A-Za-z0-9])/,
    source: 'https://man7.org/linux/man-pages/man5/crypt.5.html',
    description:
      'A hash of a password as crypt(3), htpasswd and frameworks write it: bcrypt, MD5, SHA-2, yescrypt, Argon2, scrypt.',
    cannotSee: 'Hashes without parameters, which are hexadecimal digits, and those of DES crypt.',
  }),
  secret({
    id: 'django_hash',
    pattern: /(?<![A-Za-z0-9])(?:pbkdf2_sha(?:1|256)|bcrypt_sha256)\$[$A-Za-z0-9./+]{20,120}={0,2}/,
    valid: hasDigit,
    source: 'https://docs.djangoproject.com/en/stable/topics/auth/passwords/',
    description: 'A hash of a password as Django writes it.',
  }),
  secret({
    id: 'sallyport_key',
    pattern: /(?<![A-Za-z0-9])sp_[0-9a-z]{10}_[0-9A-Za-z]{49}(?![0-9A-Za-z])/,
    source: 'docs/keys.md',
    description: 'An API key of this gateway.',
    cannotSee: 'A key with a character missing.',
  }),
];
