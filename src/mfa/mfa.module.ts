import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule, NextStep } from '../auth/index.js';
import { ChallengesModule } from '../challenges/challenges.module.js';
import { Accounts } from './accounts.service.js';
import { ChallengesController } from './challenge/challenges.controller.js';
import { FactorGuesses } from './challenge/factor-guesses.js';
import { MfaNextStep } from './challenge/mfa-next-step.js';
import { SecondFactor } from './challenge/second-factor.service.js';
import { Enrollment } from './enrollment/enrollment.service.js';
import { Factor } from './enrollment/factor.entity.js';
import { FactorRepository } from './enrollment/factor.repository.js';
import { FactorPurge } from './enrollment/factor-purge.js';
import { FactorVault } from './enrollment/factor-vault.js';
import { FactorsController } from './enrollment/factors.controller.js';
import { Freshness } from './enrollment/freshness.js';
import { UsableFactors } from './enrollment/usable-factors.js';
import { FactorTypes } from './factor-types/factor-types.js';
import { MfaGuard } from './mfa.guard.js';
import { MFA_OPTIONS, MfaConfigurableModule } from './mfa.options.js';
import { PasskeyController } from './passkey/passkey.controller.js';
import { PasskeySignIn } from './passkey/passkey-sign-in.service.js';
import { RequirementCheck } from './requirement-check.js';

/** What users have proved: factors, challenges, and `@RequireMfa()`. */
@Module({
  imports: [AuthModule, ChallengesModule, DiscoveryModule, TypeOrmModule.forFeature([Factor])],
  controllers: [FactorsController, ChallengesController, PasskeyController],
  providers: [
    FactorRepository,
    FactorVault,
    FactorTypes,
    UsableFactors,
    Freshness,
    Enrollment,
    FactorGuesses,
    SecondFactor,
    PasskeySignIn,
    FactorPurge,
    Accounts,
    { provide: NextStep, useClass: MfaNextStep },
    MfaGuard,
    RequirementCheck,
  ],
  exports: [Accounts, MfaGuard, UsableFactors, MFA_OPTIONS],
})
export class MfaModule extends MfaConfigurableModule {}
