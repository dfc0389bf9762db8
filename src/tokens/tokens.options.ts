import { ConfigurableModuleBuilder } from '@nestjs/common';

export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'HS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

export interface TokensOptions {
  /** `iss`: the URL under which the keys are published. */
  readonly issuer: string;
  /** `aud` (and `client_id`): the API that accepts the tokens. */
  readonly audience: string;
  readonly algorithm: SigningAlgorithm;
  /** Lifetime of an access token, in milliseconds. */
  readonly accessTokenTtl: number;
  /** Age at which the signing key is replaced, in milliseconds. */
  readonly keyMaxAge: number;
}

export const { ConfigurableModuleClass: TokensConfigurableModule, MODULE_OPTIONS_TOKEN: TOKENS_OPTIONS } =
  new ConfigurableModuleBuilder<TokensOptions>({ moduleName: 'Tokens' }).setClassMethodName('forRoot').build();
