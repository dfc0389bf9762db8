import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface OperationsOptions {
  /** `redis://host:port` where instances share one; then the server is ready only while it answers. */
  readonly redisUrl?: string;
}

export const { ConfigurableModuleClass: OperationsConfigurableModule, MODULE_OPTIONS_TOKEN: OPERATIONS_OPTIONS } =
  new ConfigurableModuleBuilder<OperationsOptions>({ moduleName: 'Operations' }).setClassMethodName('forRoot').build();
