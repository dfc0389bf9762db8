import { ConfigurableModuleBuilder } from '@nestjs/common';

/** The relying party: for whom authenticators make credentials. */
export interface WebAuthnOptions {
  /** The RP ID: the domain that credentials belong to. Once credentials exist it cannot be changed. */
  readonly rpId: string;
  /** What browsers call this service. */
  readonly rpName: string;
  /** The pages that may ask for a credential, by their exact origins. */
  readonly origins: readonly string[];
}

export const { ConfigurableModuleClass: WebAuthnConfigurableModule, MODULE_OPTIONS_TOKEN: WEBAUTHN_OPTIONS } =
  new ConfigurableModuleBuilder<WebAuthnOptions>({ moduleName: 'WebAuthn' }).setClassMethodName('forRoot').build();
