import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface MfaOptions {
  /**
   * Who must use a second factor outside of `@RequireMfa()`: nobody (`routes`), every user who has one (`enrolled`), or
   * everybody (`everyone`), who may then reach nothing but sign-in and `/v1/mfa` without.
   */
  readonly enforcement: 'routes' | 'enrolled' | 'everyone';
}

export const { ConfigurableModuleClass: MfaConfigurableModule, MODULE_OPTIONS_TOKEN: MFA_OPTIONS } =
  new ConfigurableModuleBuilder<MfaOptions>({ moduleName: 'Mfa' }).setClassMethodName('forRoot').build();
