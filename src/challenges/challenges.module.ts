import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Challenge } from './challenge.entity.js';
import { ChallengePurge } from './challenge-purge.js';
import { ChallengeRepository } from './challenge.repository.js';
import { Challenges } from './challenges.service.js';
import { OneTimeCodes } from './one-time-codes.js';
import { Sending } from './sending.js';

/** Challenges: one open question to one person. */
@Module({
  imports: [TypeOrmModule.forFeature([Challenge])],
  providers: [Challenges, ChallengeRepository, OneTimeCodes, Sending, ChallengePurge],
  exports: [Challenges, OneTimeCodes, Sending],
})
export class ChallengesModule {}
