import { type Channel, type Message } from '../../src/index.js';
import { maskAddress } from '../../src/delivery/channel.js';

/** A channel under test. */
export interface ChannelSubject {
  readonly channel: Channel;
  /** Spellings of one address. */
  readonly spellings: readonly [string, ...string[]];
  /** What is no address. */
  readonly bad: readonly string[];
  /** The messages that its carrier took. */
  carried(): readonly Pick<Message, 'to' | 'text'>[];
  /** Makes the carrier fail from now on. */
  breakCarrier(): void;
}

const message = (to: string): Message => ({
  to,
  subject: 'Stepgate: Your sign-in code',
  text: '123456 is your code to sign in.',
  html: '<p>123456 is your code to sign in.</p>',
  code: '123456',
});

/** What every {@link Channel} must do. Run it on your own: `channelContract('pager', () => ({ channel, … }))`. */
export function channelContract(name: string, create: () => ChannelSubject | Promise<ChannelSubject>): void {
  describe(`the channel ${name}`, () => {
    let subject: ChannelSubject;
    let address: string;

    beforeEach(async () => {
      subject = await create();
      address = subject.channel.address(subject.spellings[0])!;
    });

    it('knows one spelling of an address', () => {
      expect(subject.spellings.map((spelling) => subject.channel.address(spelling))).toEqual(
        subject.spellings.map(() => address),
      );
      expect(subject.channel.address(address)).toBe(address);
    });

    it('fits what is kept of an address', () => {
      expect(address.length).toBeLessThanOrEqual(254);
    });

    it('knows what is no address', () => {
      const bad = [...subject.bad, '', ' ', '\n'];
      expect(bad.map((raw) => [raw, subject.channel.address(raw)])).toEqual(bad.map((raw) => [raw, null]));
    });

    it('lets no line break through, and so no header of a stranger', () => {
      for (const raw of [`${address}\r\nBcc: eve@example.com`, `\n${address}`, `${address}\n`]) {
        expect(subject.channel.address(raw) ?? '').not.toMatch(/[\r\n]/);
      }
    });

    it('hides an address, yet lets its owner recognise it', () => {
      const masked = maskAddress(subject.channel, address);
      expect(masked).toContain('•');
      expect(masked).not.toContain(address);
      expect(masked).toContain(address.slice(-2));
    });

    it('hands a message over, once and unchanged', async () => {
      await subject.channel.send(message(address));
      expect(subject.carried()).toEqual([
        expect.objectContaining({ to: address, text: '123456 is your code to sign in.' }),
      ]);
    });

    it('throws when it cannot', async () => {
      subject.breakCarrier();
      await expect(subject.channel.send(message(address))).rejects.toThrow();
      expect(subject.carried()).toEqual([]);
    });

    it('claims no more than a sent code can prove', () => {
      expect(['mfa', 'aal2', undefined]).toContain(subject.channel.acr);
      for (const method of subject.channel.amr ?? ['otp']) expect(['otp', 'sms', 'tel']).toContain(method);
    });
  });
}
