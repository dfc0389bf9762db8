import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface LimitsOptions {
  /**
   * Whether source addresses have limits of their own, beside those of challenges, factors, accounts and destinations,
   * which always hold. Off where everybody comes from one address: in development, and in load tests.
   */
  readonly perSource: boolean;
  /** Redis that counts requests for all instances; without it each counts its own. */
  readonly redisUrl?: string;
}

export const { ConfigurableModuleClass: LimitsConfigurableModule, MODULE_OPTIONS_TOKEN: LIMITS_OPTIONS } =
  new ConfigurableModuleBuilder<LimitsOptions>({ moduleName: 'Limits' }).setClassMethodName('forRoot').build();
