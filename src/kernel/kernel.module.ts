import { ConfigurableModuleBuilder, Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { Secrets } from './secrets.js';

export interface KernelOptions {
  /** The root secret, at least 32 random bytes; every other key is derived from it. */
  readonly rootSecret: Buffer;
}

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<KernelOptions>({
  moduleName: 'Kernel',
})
  .setClassMethodName('forRoot')
  .build();

/** Time and secrets, for every module. */
@Global()
@Module({
  providers: [
    { provide: Clock, useClass: SystemClock },
    {
      provide: Secrets,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: ({ rootSecret }: KernelOptions) => new Secrets(rootSecret),
    },
  ],
  exports: [Clock, Secrets],
})
export class KernelModule extends ConfigurableModuleClass {}
