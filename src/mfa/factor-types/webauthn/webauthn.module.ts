import { Module } from '@nestjs/common';
import { WebAuthnFactorType } from './webauthn.factor-type.js';
import { WebAuthnConfigurableModule } from './webauthn.options.js';

/** Security keys and passkeys. */
@Module({ providers: [WebAuthnFactorType] })
export class WebAuthnModule extends WebAuthnConfigurableModule {}
