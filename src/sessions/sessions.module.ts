import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Grants } from './grants.js';
import { Refresh } from './refresh.js';
import { RevocationBroadcast } from './revocation-broadcast.js';
import { Revocations } from './revocations.js';
import { SessionRow } from './session.entity.js';
import { SessionPurge } from './session-purge.js';
import { SessionRepository } from './session.repository.js';
import { SessionsConfigurableModule } from './sessions.options.js';
import { Sessions } from './sessions.service.js';

/** Sessions: opened, refreshed, upgraded, ended; and which tokens are dead before their time. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([SessionRow])],
  providers: [SessionRepository, Grants, Sessions, Refresh, Revocations, RevocationBroadcast, SessionPurge],
  exports: [Sessions, Refresh, Revocations],
})
export class SessionsModule extends SessionsConfigurableModule {}
