/** Where code and packages are kept, and what builds and ships them. */
import { after, hasDigit, type SecretRule, secret } from './row.ts';

export const FORGES: readonly SecretRule[] = [
  secret({
    id: 'github_token',
    // The last six characters are a CRC32 in base62. It is not asked for: a token with a typing error still tells the rest.
    pattern: /(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})/,
    source: 'https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/',
    description: 'A GitHub token: personal, OAuth, user, server, refresh or fine-grained.',
    cannotSee: 'Tokens from before 2021, which are 40 hexadecimal digits, unless a telling word stands before them.',
  }),
  secret({
    id: 'gitlab_token',
    pattern:
      /(?<![A-Za-z0-9])(?:gl(?:pat|dt|rt|rtr|ptt|ft|imt|agent|oas|soat|ffct|cbt|wt)-[A-Za-z0-9_.-]{20,300}|GR1348941[A-Za-z0-9_-]{20})/,
    source: 'https://docs.gitlab.com/security/tokens/#token-prefixes',
    description: 'A GitLab token: personal, deploy, runner, trigger, feed, mail, agent, OAuth, SCIM, job.',
  }),
  secret({
    id: 'bitbucket_token',
    pattern: /(?<![A-Za-z0-9])(?:ATBB|ATCTT3xFf)[A-Za-z0-9_=-]{28,250}/,
    source: 'https://support.atlassian.com/bitbucket-cloud/docs/app-passwords/',
    description: 'A Bitbucket app password or access token.',
  }),
  secret({
    id: 'npm_token',
    pattern: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])/,
    source: 'https://docs.npmjs.com/about-access-tokens',
    description: 'An npm access token.',
    cannotSee: 'Older tokens, which are UUIDs, unless a telling word stands before them.',
  }),
  secret({
    id: 'pypi_token',
    pattern: /(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{50,1000}/,
    source: 'https://pypi.org/help/#apitoken',
    description: 'A PyPI or TestPyPI upload token.',
  }),
  secret({
    id: 'rubygems_key',
    pattern: /(?<![A-Za-z0-9])rubygems_[a-f0-9]{48}/,
    source: 'https://guides.rubygems.org/api-key-scopes/',
    description: 'A RubyGems API key.',
  }),
  secret({
    id: 'crates_token',
    pattern: /(?<![A-Za-z0-9])cio[A-Za-z0-9]{32}(?![A-Za-z0-9])/,
    valid: hasDigit,
    source: 'https://github.com/rust-lang/crates.io',
    description: 'A crates.io API token.',
  }),
  secret({
    id: 'nuget_key',
    pattern: /(?<![A-Za-z0-9])oy2[a-p][a-z0-9]{42}(?![A-Za-z0-9])/,
    source: 'https://learn.microsoft.com/nuget/nuget-org/publish-a-package',
    description: 'A NuGet API key.',
  }),
  secret({
    id: 'docker_token',
    pattern: /(?<![A-Za-z0-9])dckr_[po]at_[A-Za-z0-9_-]{27,40}/,
    source: 'https://docs.docker.com/security/access-tokens/',
    description: 'A Docker Hub access token.',
  }),
  secret({
    id: 'terraform_token',
    pattern: /(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}/,
    source: 'https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens',
    description: 'A HCP Terraform token.',
  }),
  secret({
    id: 'vault_token',
    pattern: /(?<![A-Za-z0-9])(?:hv[sbr]\.[A-Za-z0-9_-]{24,300}|[sbr]\.[A-Za-z0-9]{24}(?![A-Za-z0-9]))/,
    valid: (match) => hasDigit(match) && /[A-Z]/.test(match),
    source: 'https://developer.hashicorp.com/vault/docs/concepts/tokens',
    description: 'A HashiCorp Vault token: service, batch or recovery.',
  }),
  secret({
    id: 'pulumi_token',
    pattern: /(?<![A-Za-z0-9])pul-[a-f0-9]{40}/,
    source: 'https://www.pulumi.com/docs/administration/access-identity/access-tokens/',
    description: 'A Pulumi access token.',
  }),
  secret({
    id: 'circleci_token',
    pattern: /(?<![A-Za-z0-9])CCI(?:PAT|PRJ)_[A-Za-z0-9]{22}_[A-Za-z0-9]{40}/,
    source: 'https://circleci.com/docs/managing-api-tokens/',
    description: 'A CircleCI token: personal or of a project.',
    cannotSee: 'Older tokens, which are 40 hexadecimal digits, unless a telling word stands before them.',
  }),
  secret({
    id: 'buildkite_token',
    pattern: /(?<![A-Za-z0-9])bkua_[a-z0-9]{40}/,
    source: 'https://buildkite.com/docs/apis/managing-api-tokens',
    description: 'A Buildkite user token.',
  }),
  secret({
    id: 'artifactory_token',
    pattern: /(?<![A-Za-z0-9])(?:AKCp[A-Za-z0-9]{69}|cmVmd[A-Za-z0-9]{59})(?![A-Za-z0-9])/,
    source: 'https://jfrog.com/help/r/jfrog-platform-administration-documentation/access-tokens',
    description: 'A JFrog Artifactory API key or reference token.',
  }),
  secret({
    id: 'octopus_key',
    pattern: /(?<![A-Za-z0-9])API-[A-Z0-9]{25,26}(?![A-Za-z0-9])/,
    valid: (match) => (match.match(/\d/g)?.length ?? 0) > 2,
    source: 'https://octopus.com/docs/octopus-rest-api/how-to-create-an-api-key',
    description: 'An Octopus Deploy API key.',
  }),
  secret({
    id: 'sonar_token',
    pattern: /(?<![A-Za-z0-9])sq[pau]_[a-f0-9]{40}/,
    source: 'https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens/',
    description: 'A SonarQube token: of a user, of a project or global.',
  }),
  secret({
    id: 'doppler_token',
    pattern: /(?<![A-Za-z0-9])dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}/,
    source: 'https://docs.doppler.com/reference/auth-token-formats',
    description: 'A Doppler token.',
  }),
  secret({
    id: 'onepassword_key',
    pattern:
      /(?<![A-Za-z0-9])(?:A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}|ops_eyJ[A-Za-z0-9+/_-]{200,1500}={0,3})/,
    source: 'https://support.1password.com/secret-key-security/',
    description: 'A 1Password secret key or service account token.',
  }),
  secret({
    id: 'kubernetes_bootstrap_token',
    pattern: /(?<![A-Za-z0-9])[a-z0-9]{6}\.[a-z0-9]{16}(?![A-Za-z0-9])/,
    valid: (match, before) => /\d/.test(match) && /kubeadm|bootstrap|kubelet|--token[ =]/i.test(before),
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/',
    description:
      'A Kubernetes bootstrap token after "kubeadm", "bootstrap" or "--token". Service account tokens are JWTs.',
    cannotSee: 'The same without such a word in the 100 characters before it.',
  }),
  secret({
    id: 'openshift_token',
    pattern: /(?<![A-Za-z0-9])sha256~[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/,
    source: 'https://docs.openshift.com/container-platform/latest/authentication/',
    description: 'An OpenShift user token.',
  }),
  secret({
    id: 'jenkins_token',
    pattern: /(?<![A-Za-z0-9])11[a-f0-9]{32}(?![A-Za-z0-9])/,
    valid: after(/jenkins|crumb/i),
    source: 'https://www.jenkins.io/doc/book/system-administration/authenticating-scripted-clients/',
    description: 'A Jenkins API token after the word "Jenkins".',
    cannotSee: 'The same without that word in the 100 characters before it.',
  }),
];
