import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { ChallengesModule } from '../challenges/challenges.module.js';
import { EventsController } from './events/events.controller.js';
import { JwtGuard } from './jwt/jwt.guard.js';
import { JwtStrategy } from './jwt/jwt.strategy.js';
import { LocalStrategy } from './local/local.strategy.js';
import { PasswordGuesses } from './local/password-guesses.js';
import { NextSteps } from './next-steps.js';
import { Notices } from './notices/notices.js';
import { UnawaitedWork } from './unawaited-work.js';
import { ChangePassword } from './password/change-password.js';
import { ForgotPassword } from './password/forgot-password.js';
import { NewPassword } from './password/new-password.js';
import { PasswordController } from './password/password.controller.js';
import { PasswordResets } from './password/password-resets.js';
import { ReplacePassword } from './password/replace-password.js';
import { ResetPassword } from './password/reset-password.js';
import { AddressGuesses } from './registration/address-guesses.js';
import { RegistrationController } from './registration/registration.controller.js';
import { Registration } from './registration/registration.service.js';
import { SessionController } from './session/session.controller.js';
import { SessionsController } from './session/sessions.controller.js';
import { SignIn } from './session/sign-in.service.js';

/**
 * Who is calling: registration, login, refresh, logout, and the guard that reads access tokens. Needs from the
 * application: KernelModule, AuditModule, UsersModule, TokensModule, SessionsModule, LimitsModule and DeliveryModule, which are global.
 */
@Module({
  imports: [PassportModule, ChallengesModule],
  controllers: [RegistrationController, SessionController, SessionsController, PasswordController, EventsController],
  providers: [
    LocalStrategy,
    PasswordGuesses,
    JwtStrategy,
    JwtGuard,
    SignIn,
    NextSteps,
    Registration,
    AddressGuesses,
    NewPassword,
    PasswordResets,
    ForgotPassword,
    ReplacePassword,
    ResetPassword,
    ChangePassword,
    Notices,
    UnawaitedWork,
  ],
  exports: [JwtGuard, SignIn],
})
export class AuthModule {}
