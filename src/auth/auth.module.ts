import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { ChallengesModule } from '../challenges/challenges.module.js';
import { JwtGuard } from './jwt/jwt.guard.js';
import { JwtStrategy } from './jwt/jwt.strategy.js';
import { LocalStrategy } from './local/local.strategy.js';
import { PasswordGuesses } from './local/password-guesses.js';
import { NewPassword } from './password/new-password.js';
import { RegistrationController } from './registration/registration.controller.js';
import { Registration } from './registration/registration.service.js';
import { SessionController } from './session/session.controller.js';
import { SignIn } from './session/sign-in.service.js';

/**
 * Who is calling: registration, login, refresh, logout, and the guard that reads access tokens. Needs from the
 * application: KernelModule, UsersModule, TokensModule, SessionsModule, LimitsModule and DeliveryModule, which are global.
 */
@Module({
  imports: [PassportModule, ChallengesModule],
  controllers: [RegistrationController, SessionController],
  providers: [LocalStrategy, PasswordGuesses, JwtStrategy, JwtGuard, SignIn, Registration, NewPassword],
  exports: [JwtGuard, SignIn],
})
export class AuthModule {}
