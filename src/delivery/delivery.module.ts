import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { MailCarrier, SmsCarrier } from './carrier.js';
import { EmailChannel } from './channels/email/email.channel.js';
import { Outbox } from './channels/outbox/outbox.js';
import { NoSmsCarrier } from './channels/sms/no-sms-carrier.js';
import { SmsChannel } from './channels/sms/sms.channel.js';
import { Courier } from './courier.js';
import {
  DELIVERY_OPTIONS,
  DeliveryConfigurableModule,
  type DeliveryOptions,
  REGISTERED_SMS_CARRIER,
} from './delivery.options.js';
import { LetterWriter } from './letters.js';

/** Messages to users: the courier, the built-in channels, and the development outbox. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [
    Courier,
    LetterWriter,
    EmailChannel,
    SmsChannel,
    Outbox,
    {
      provide: MailCarrier,
      inject: [DELIVERY_OPTIONS, Outbox],
      useFactory: async ({ mode, smtpUrl, mailFrom }: DeliveryOptions, outbox: Outbox): Promise<MailCarrier> => {
        if (mode === 'outbox') return outbox;
        if (smtpUrl === undefined) throw new Error('Live delivery needs an SMTP URL.');
        // Loaded where mail is sent: nodemailer takes 3 MB.
        const { SmtpCarrier } = await import('./channels/email/smtp-carrier.js');
        return new SmtpCarrier(smtpUrl, mailFrom);
      },
    },
    {
      provide: SmsCarrier,
      inject: [DELIVERY_OPTIONS, Outbox, REGISTERED_SMS_CARRIER],
      useFactory: ({ mode }: DeliveryOptions, outbox: Outbox, registered: SmsCarrier | null): SmsCarrier =>
        mode === 'outbox' ? outbox : (registered ?? new NoSmsCarrier()),
    },
  ],
  exports: [Courier, Outbox],
})
export class DeliveryModule extends DeliveryConfigurableModule {}
