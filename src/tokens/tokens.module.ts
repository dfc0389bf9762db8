import { Global, Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessTokens } from './access-tokens.js';
import { JwksController } from './signing-keys/jwks.controller.js';
import { SigningKeyRow } from './signing-keys/signing-key.entity.js';
import { SigningKeys } from './signing-keys/signing-keys.js';
import { TokensConfigurableModule, TOKENS_OPTIONS } from './tokens.options.js';
import { VerifiedTokens } from './verified-tokens.js';

/** Access tokens, the keys that sign them, and `/.well-known/jwks.json`. */
@Global()
@Module({
  imports: [JwtModule.register({}), TypeOrmModule.forFeature([SigningKeyRow])],
  controllers: [JwksController],
  providers: [AccessTokens, SigningKeys, VerifiedTokens],
  exports: [AccessTokens, SigningKeys, VerifiedTokens, TOKENS_OPTIONS],
})
export class TokensModule extends TokensConfigurableModule {}
