import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Inject, Injectable } from '@nestjs/common';
import Handlebars from 'handlebars';
import type { Message } from './channel.js';
import { DELIVERY_OPTIONS, type DeliveryOptions } from './delivery.options.js';

/** What can be written to a user. Each kind has its wording below. */
export type Letter =
  | { kind: 'sign-in-code' | 'email-verification-code' | 'enrollment-code'; code: string; minutes: number }
  | { kind: 'address-taken' };

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
};

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
    const values = { subject, wording: text, code, minutes, productName: this.options.productName };
    return {
      subject: `${this.options.productName}: ${subject}`,
      text: this.text(values).trim(),
      html: this.html(values),
      ...(code !== null && { code }),
    };
  }
}
