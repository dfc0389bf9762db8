import type { Message } from './channel.js';

/** Hands mail to a mail server. */
export abstract class MailCarrier {
  /** @throws Error when it could not */
  abstract carryMail(mail: Message): Promise<void>;
}

/** Hands text messages to a provider. A team implements it and passes it on, see `Replacements`. */
export abstract class SmsCarrier {
  /** @throws Error when it could not */
  abstract carrySms(sms: Message): Promise<void>;
}
