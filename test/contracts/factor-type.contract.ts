import { ValidationPipe } from '@nestjs/common';
import type { Account, Answer, EnrolledFactor, FactorQuestion, FactorType } from '../../src/index.js';
import { ASSURANCE_LEVELS, meets } from '../../src/tokens/assurance.js';

/** A factor type under test, and somebody who can answer it. */
export interface FactorTypeSubject {
  readonly type: FactorType;
  /** What enrolment takes beside `type` and `label`. */
  readonly input?: object;
  /** What enrolment refuses; nothing for a type that takes nothing. */
  readonly badInputs?: readonly object[];
  /** The right answer, given what was shown at enrolment and what was asked. */
  answer(
    asked: FactorQuestion,
    material: Readonly<Record<string, unknown>>,
    factor: EnrolledFactor,
  ): Answer | Promise<Answer>;
  /** Lets the time pass after which the next answer differs from the last. */
  proceed?(): void;
  /** For something you know: the same answer is right every time. */
  readonly reusable?: boolean;
}

/** The methods of RFC 8176, 2. */
const METHODS = new Set(
  'face fpt geo hwk iris kba mca mfa otp pin pop pwd rba retina sc sms swk tel user vbm wia'.split(' '),
);
const NONSENSE = ['', ' ', '0', '000000', '１２３４５６', '\u0000', "' OR 1=1 --", '-1', '1e3', 'null', 'x'.repeat(64)];

const ada: Account = { id: 'ada', email: 'ada@example.com', issuer: 'Stepgate' };
const eve: Account = { ...ada, id: 'eve', email: 'eve@example.com' };

/** What every {@link FactorType} must do. Run it on your own: `factorTypeContract('pin', () => ({ type, … }))`. */
export function factorTypeContract(name: string, create: () => FactorTypeSubject | Promise<FactorTypeSubject>): void {
  describe(`the factor type ${name}`, () => {
    let subject: FactorTypeSubject;
    let challenges = 0;

    beforeEach(async () => {
      subject = await create();
    });

    async function enroll(account = ada) {
      const { secret, material = {}, destination } = await subject.type.enroll(subject.input ?? {}, account, []);
      const factor: EnrolledFactor = { id: `factor-of-${account.id}`, userId: account.id, secret };
      return { factor, material, destination };
    }

    /** Asks, and has it answered rightly. */
    async function ask({ factor, material }: Awaited<ReturnType<typeof enroll>>) {
      const challenge = { id: `challenge-${challenges++}`, purpose: 'mfa' } as const;
      const question = await subject.type.ask(factor, challenge);
      subject.proceed?.();
      const answer = await subject.answer(question, material, factor);
      return { open: { ...challenge, kept: question.kept }, question, answer };
    }

    it('names the level that it reaches', () => {
      expect(ASSURANCE_LEVELS.slice(1)).toContain(subject.type.acr);
    });

    it('refuses input that is not good for it', async () => {
      const { enrollmentDto } = subject.type;
      const pipe = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });
      for (const input of subject.badInputs ?? []) {
        const enrolling = async () => {
          const read = enrollmentDto
            ? ((await pipe.transform(input, { type: 'body', metatype: enrollmentDto })) as object)
            : input;
          await subject.type.enroll(read, ada, []);
        };
        await expect(enrolling()).rejects.toMatchObject({ status: 400 });
      }
    });

    it('takes the right answer, and says how it was given', async () => {
      const enrolled = await enroll();
      const { open, answer } = await ask(enrolled);
      const accepted = await subject.type.verify(enrolled.factor, open, answer);
      expect(accepted).not.toBeNull();
      expect(METHODS).toEqual(new Set([...METHODS, ...accepted!.amr]));
      expect(accepted!.amr.length).toBeGreaterThan(0);
      expect(meets(subject.type.acr, accepted!.acr)).toBe(true);
    });

    it('takes it for an enrolment as for a challenge', async () => {
      const { factor, material } = await enroll();
      const challenge = { id: factor.id, purpose: 'enrollment' } as const;
      const question = await subject.type.ask(factor, challenge);
      subject.proceed?.();
      const answer = await subject.answer(question, material, factor);
      expect(await subject.type.verify(factor, { ...challenge, kept: question.kept }, answer)).not.toBeNull();
    });

    it('only judges: the engine takes the answer, so the same question gets the same verdict', async () => {
      const enrolled = await enroll();
      const { open, answer } = await ask(enrolled);
      expect(await subject.type.verify(enrolled.factor, open, answer)).not.toBeNull();
      expect(await subject.type.verify(enrolled.factor, open, answer)).not.toBeNull();
    });

    it('calls nonsense wrong, and never throws', async () => {
      const { factor, material } = await enroll();
      const { open } = await ask({ factor, material, destination: undefined });
      const answers: Answer[] = [{}, { credential: {} }, ...NONSENSE.map((code) => ({ code }))];
      for (const answer of answers) expect(await subject.type.verify(factor, open, answer)).toBeNull();
    });

    it('takes no answer twice', async () => {
      if (subject.reusable) return;
      const enrolled = await enroll();
      const { open, answer } = await ask(enrolled);
      const accepted = await subject.type.verify(enrolled.factor, open, answer);
      const used = { ...enrolled, factor: { ...enrolled.factor, secret: accepted!.secret ?? enrolled.factor.secret } };
      const next = await ask(used);
      expect(await subject.type.verify(used.factor, next.open, answer)).toBeNull();
      expect(await subject.type.verify(used.factor, next.open, next.answer)).not.toBeNull();
    });

    it("takes nobody else's answer", async () => {
      const his = await enroll(ada);
      const hers = await enroll(eve);
      const [asked, other] = [await ask(his), await ask(hers)];
      if (!subject.reusable) expect(await subject.type.verify(his.factor, asked.open, other.answer)).toBeNull();
      expect(await subject.type.verify({ ...his.factor, userId: 'eve' }, asked.open, other.answer)).toBeNull();
    });

    it('keeps no answer in the clear', async () => {
      const enrolled = await enroll();
      const { open, answer } = await ask(enrolled);
      if (answer.code === undefined) return;
      expect(open.kept ?? '').not.toContain(answer.code);
      expect(enrolled.factor.secret ?? '').not.toContain(answer.code);
    });

    it('shows a destination that does not tell the address', async () => {
      const { factor, destination } = await enroll();
      if (destination === undefined) return;
      expect(destination).toMatch(/•/);
      expect(destination).not.toBe(factor.secret);
    });
  });
}
