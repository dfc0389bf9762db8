import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule, NextStep } from '../auth/index.js';
import { ChallengesModule } from '../challenges/challenges.module.js';
import { Accounts } from './accounts.service.js';
import { ChallengeDemands } from './challenge/challenge-demands.js';
import { ChallengesController } from './challenge/challenges.controller.js';
import { FactorGuesses } from './challenge/factor-guesses.js';
import { MfaNextStep } from './challenge/mfa-next-step.js';
import { SecondFactor } from './challenge/second-factor.service.js';
import { Enrollment } from './enrollment/enrollment.service.js';
import { Factor } from './enrollment/factor.entity.js';
import { FactorRepository } from './enrollment/factor.repository.js';
import { FactorPurge } from './enrollment/factor-purge.js';
import { FactorRemoval } from './enrollment/factor-removal.service.js';
import { FactorSlots } from './enrollment/factor-slots.js';
import { FactorVault } from './enrollment/factor-vault.js';
import { FactorsController } from './enrollment/factors.controller.js';
import { Freshness } from './enrollment/freshness.js';
import { KeptFactors } from './enrollment/kept-factors.service.js';
import { RemovedFactors } from './enrollment/removed-factors.js';
import { UsableFactors } from './enrollment/usable-factors.js';
import { FactorTypes } from './factor-types/factor-types.js';
import { RecoveryCodeFactorType } from './factor-types/recovery-code/recovery-code.factor-type.js';
import { TotpFactorType } from './factor-types/totp/totp.factor-type.js';
import { MfaGuard } from './mfa.guard.js';
import { MFA_OPTIONS, MfaConfigurableModule } from './mfa.options.js';
import { PasskeyController } from './passkey/passkey.controller.js';
import { PasskeySignIn } from './passkey/passkey-sign-in.service.js';
import { RecoveryCodesController } from './recovery-codes/recovery-codes.controller.js';
import { RecoveryCodes } from './recovery-codes/recovery-codes.service.js';
import { RequirementCheck } from './requirement-check.js';
import { TrustedDevice } from './trusted-devices/trusted-device.entity.js';
import { TrustedDevicePurge } from './trusted-devices/trusted-device-purge.js';
import { TrustedDevicesController } from './trusted-devices/trusted-devices.controller.js';
import { TrustedDevices } from './trusted-devices/trusted-devices.service.js';

/** What users have proved: factors, challenges, and `@RequireMfa()`. */
@Module({
  imports: [AuthModule, ChallengesModule, DiscoveryModule, TypeOrmModule.forFeature([Factor, TrustedDevice])],
  controllers: [
    FactorsController,
    ChallengesController,
    RecoveryCodesController,
    TrustedDevicesController,
    PasskeyController,
  ],
  providers: [
    FactorRepository,
    RemovedFactors,
    FactorSlots,
    FactorVault,
    FactorTypes,
    TotpFactorType,
    RecoveryCodeFactorType,
    UsableFactors,
    Freshness,
    Enrollment,
    KeptFactors,
    FactorRemoval,
    ChallengeDemands,
    FactorGuesses,
    SecondFactor,
    PasskeySignIn,
    FactorPurge,
    Accounts,
    RecoveryCodes,
    TrustedDevices,
    TrustedDevicePurge,
    { provide: NextStep, useClass: MfaNextStep },
    MfaGuard,
    RequirementCheck,
  ],
  exports: [Accounts, MfaGuard, UsableFactors, TrustedDevices, MFA_OPTIONS],
})
export class MfaModule extends MfaConfigurableModule {}
