import { ConfigurableModuleBuilder, type ModuleMetadata, type Type } from '@nestjs/common';
import type { SmsCarrier } from './carrier.js';

export interface DeliveryOptions {
  /** `outbox` catches mail and text messages in memory, for development; `live` sends them. */
  readonly mode: 'outbox' | 'live';
  /** `smtp://user:password@host:port`; needed when live. */
  readonly smtpUrl?: string;
  /** The From of mails. */
  readonly mailFrom: string;
  /** Countries whose numbers get text messages, as ISO 3166 codes; all when empty. */
  readonly smsCountries: readonly string[];
  /** How the product is called in messages. */
  readonly productName: string;
  /** The page where a user chooses a new password; the token follows as `#token=`, which no server sees. */
  readonly passwordResetUrl: string;
  /** The host of the page where people type codes, without a port. */
  readonly site: string;
}

export interface DeliveryExtras {
  /** Who carries text messages when live; without one, `sms` cannot be enrolled. */
  smsCarrier?: Type<SmsCarrier>;
  /** What that class depends on. */
  imports?: ModuleMetadata['imports'];
}

/** The carrier that a team registered, if any. */
export const REGISTERED_SMS_CARRIER = Symbol('registered SMS carrier');

export const { ConfigurableModuleClass: DeliveryConfigurableModule, MODULE_OPTIONS_TOKEN: DELIVERY_OPTIONS } =
  new ConfigurableModuleBuilder<DeliveryOptions>({ moduleName: 'Delivery' })
    .setClassMethodName('forRoot')
    .setExtras<DeliveryExtras>({}, (definition, { smsCarrier, imports = [] }) => ({
      ...definition,
      imports: [...(definition.imports ?? []), ...imports],
      providers: [
        ...(definition.providers ?? []),
        smsCarrier
          ? { provide: REGISTERED_SMS_CARRIER, useClass: smsCarrier }
          : { provide: REGISTERED_SMS_CARRIER, useValue: null },
      ],
    }))
    .build();
