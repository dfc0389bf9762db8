import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthController } from './health.controller.js';
import { OperationsConfigurableModule } from './operations.options.js';
import { RedisHealth } from './redis-health.js';

/** What whoever runs the server needs: health. */
@Module({
  imports: [TerminusModule.forRoot({ logger: false })],
  controllers: [HealthController],
  providers: [RedisHealth],
})
export class OperationsModule extends OperationsConfigurableModule {}
