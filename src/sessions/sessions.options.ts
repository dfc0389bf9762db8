import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface SessionsOptions {
  /** A session that is not refreshed for so long is over; milliseconds (ASVS 7.3.1; NIST SP 800-63B-4 2.2.3: 1 h). */
  readonly idleTtl: number;
  /** A session is over so long after sign-in, whatever happens; milliseconds (ASVS 7.3.2; NIST: 24 h). */
  readonly ttl: number;
  /** Redis that tells other instances of a revocation at once; without it they learn of it by polling. */
  readonly redisUrl?: string;
}

export const { ConfigurableModuleClass: SessionsConfigurableModule, MODULE_OPTIONS_TOKEN: SESSIONS_OPTIONS } =
  new ConfigurableModuleBuilder<SessionsOptions>({ moduleName: 'Sessions' }).setClassMethodName('forRoot').build();
