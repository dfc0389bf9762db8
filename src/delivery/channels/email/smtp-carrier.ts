import { createTransport, type Transporter } from 'nodemailer';
import { MailCarrier } from '../../carrier.js';
import type { Message } from '../../channel.js';

/** In milliseconds, for each step of the conversation with the mail server. */
const STEP_TIMEOUT = 3_000;

/** Sends mail over SMTP. */
export class SmtpCarrier extends MailCarrier {
  private readonly transport: Transporter;

  /**
   * @param url `smtp://user:password@host:port`, or `smtps://`
   * @param from the sender, as an address or `Name <address>`
   */
  constructor(
    url: string,
    private readonly from: string,
  ) {
    super();
    this.transport = createTransport(url, {
      connectionTimeout: STEP_TIMEOUT,
      greetingTimeout: STEP_TIMEOUT,
      socketTimeout: STEP_TIMEOUT,
      dnsTimeout: STEP_TIMEOUT,
    } as object);
  }

  async carryMail({ to, subject, text, html }: Message): Promise<void> {
    // As an object the address is taken as it is: no list, no comment, no header of its own (CVE-2021-23400).
    await this.transport.sendMail({ from: this.from, to: { name: '', address: to }, subject, text, html });
  }
}
