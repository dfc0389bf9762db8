import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface MfaOptions {
  /**
   * Who must use a second factor outside of `@RequireMfa()`: nobody (`routes`), every user who has one (`enrolled`), or
   * everybody (`everyone`), who may then reach nothing but sign-in and `/v1/mfa` without.
   */
  readonly enforcement: 'routes' | 'enrolled' | 'everyone';
  /** How the product is called in authenticator apps. */
  readonly productName: string;
  /** How long a device that the user trusts skips the second step at login, in milliseconds; never unless given. */
  readonly trustedDeviceTtl?: number;
}

export const { ConfigurableModuleClass: MfaConfigurableModule, MODULE_OPTIONS_TOKEN: MFA_OPTIONS } =
  new ConfigurableModuleBuilder<MfaOptions>({ moduleName: 'Mfa' }).setClassMethodName('forRoot').build();
