import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable } from '@nestjs/common';
import Handlebars from 'handlebars';
import type { Message } from './channel.js';
import { DELIVERY_OPTIONS, type DeliveryOptions } from './delivery.options.js';

/** What a user is told after it happened. */
export type NoticeKind =
  | 'factor-added'
  | 'factor-removed'
  | 'factor-disabled'
  | 'second-factor-failing'
  | 'recovery-code-used'
  | 'recovery-codes-low'
  | 'refresh-token-reused'
  | 'password-changed';

/** When it happened, and from where it was asked for. */
export interface NoticeFacts {
  readonly at: Date;
  readonly ip: string;
  /** The User-Agent. */
  readonly device: string;
}

/** What can be written to a user. Each kind has its wording below. */
export type Letter =
  | { kind: 'sign-in-code' | 'email-verification-code' | 'enrollment-code'; code: string; minutes: number }
  | { kind: 'address-taken' }
  | { kind: 'password-reset-link'; token: string; minutes: number }
  | ({ kind: NoticeKind } & NoticeFacts);

interface Wording {
  readonly subject: string;
  /** After "123456 is ", for letters with a code; the whole text of one without. */
  readonly text: string;
}

const WORDING: Record<Letter['kind'], Wording> = {
  'sign-in-code': { subject: 'Your sign-in code', text: 'your code to sign in.' },
  'email-verification-code': {
    subject: 'Confirm your e-mail address',
    text: 'the code that confirms your e-mail address.',
  },
  'enrollment-code': { subject: 'Your code to add a second factor', text: 'your code to add this as a second factor.' },
  'address-taken': {
    subject: 'You already have an account',
    text: 'Somebody, perhaps you, asked for a new account with this address, but it has one already. Sign in instead, or reset your password if you forgot it. If it was not you, nothing has changed and you need do nothing.',
  },
  'password-reset-link': {
    subject: 'Choose a new password',
    text: 'Somebody, perhaps you, asked to choose a new password for your account. To do so, open this link:',
  },
  'factor-added': {
    subject: 'A second factor was added',
    text: 'A second factor was added to your account. It can be used to sign in from now on.',
  },
  'factor-removed': {
    subject: 'A second factor was removed',
    text: 'A second factor was removed from your account. It cannot be used to sign in any more.',
  },
  'factor-disabled': {
    subject: 'A second factor was disabled',
    text: 'One of your second factors got too many wrong answers in a row, so it was disabled. Sign in with another one and enrol it again.',
  },
  'second-factor-failing': {
    subject: 'Somebody fails at your second factor',
    text: 'Somebody who knows your password gave several wrong answers to your second factor, and did not get in.',
  },
  'recovery-code-used': {
    subject: 'A recovery code was used',
    text: 'One of your recovery codes was used to sign in. It cannot be used again.',
  },
  'recovery-codes-low': {
    subject: 'Few recovery codes are left',
    text: 'Only 3 of your recovery codes are left. Make new ones while you can sign in; the old ones are dead then.',
  },
  'refresh-token-reused': {
    subject: 'A session was ended for your safety',
    text: 'A token of one of your sessions was used twice, which happens when it was copied. The session was ended on all devices.',
  },
  'password-changed': { subject: 'Your password was changed', text: 'The password of your account was changed.' },
};

const IF_IT_WAS_NOT_YOU =
  'If it was not you: choose a new password at once, end all your sessions, and look through your second factors.';
const LONGEST_DEVICE = 120;

const TEMPLATES = join(dirname(fileURLToPath(import.meta.url)), 'templates');

function template(name: string, options: CompileOptions = {}): HandlebarsTemplateDelegate {
  return Handlebars.compile(readFileSync(join(TEMPLATES, name), 'utf8'), { strict: true, ...options });
}

/** Turns a letter into subject, text and HTML. */
@Injectable()
export class LetterWriter {
  private readonly text = template('letter.text.hbs', { noEscape: true });
  private readonly html = template('letter.html.hbs');

  constructor(@Inject(DELIVERY_OPTIONS) private readonly options: DeliveryOptions) {}

  write(letter: Letter): Omit<Message, 'to'> {
    const { subject, text } = WORDING[letter.kind];
    const code = 'code' in letter ? letter.code : null;
    const minutes = 'minutes' in letter ? letter.minutes : null;
    const token = 'token' in letter ? letter.token : null;
    const values = {
      subject,
      wording: text,
      code,
      minutes,
      link: token === null ? null : `${this.options.passwordResetUrl}#token=${token}`,
      facts: 'at' in letter ? facts(letter) : null,
      advice: IF_IT_WAS_NOT_YOU,
      productName: this.options.productName,
    };
    return {
      subject: `${this.options.productName}: ${subject}`,
      text: this.text(values).trim(),
      html: this.html(values),
      ...((code ?? token) !== null && { code: code ?? token! }),
    };
  }
}

function facts({ at, ip, device }: NoticeFacts): object {
  // The sender of the request chose it: nothing in it may look like a line, a tag or a link of ours.
  const plain = device.replace(/[^\w .,;()/+-]/g, '').slice(0, LONGEST_DEVICE);
  return { when: `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`, ip, device: plain || '-' };
}
