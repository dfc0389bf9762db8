import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../auth/index.js';
import { Sending } from '../../challenges/sending.js';
import type { AuditEventType } from '../../audit/audit-event.js';
import { Audit } from '../../audit/audit.service.js';
import { Challenges } from '../../challenges/challenges.service.js';
import { MAX_ATTEMPTS } from '../../challenges/challenge.repository.js';
import { DtoPipe, pointerTo } from '../../http/validation.js';
import { Clock } from '../../kernel/clock.js';
import { CommonProblem, invalidAt } from '../../kernel/problem.js';
import { randomId } from '../../kernel/secrets.js';
import { UserStore } from '../../users/user-store.js';
import type { Answer, FactorType } from '../factor-types/factor-type.js';
import { FactorTypes } from '../factor-types/factor-types.js';
import { MfaProblem } from '../mfa-problems.js';
import { MFA_OPTIONS, type MfaOptions } from '../mfa.options.js';
import { RecoveryCodes } from '../recovery-codes/recovery-codes.service.js';
import { type ActivatedFactorDto, type EnrolledFactorDto, EnrollFactorDto, toFactorDto } from './enrollment.dtos.js';
import type { Factor } from './factor.entity.js';
import { FactorRemoval } from './factor-removal.service.js';
import { FactorRepository } from './factor.repository.js';
import { FactorSlots } from './factor-slots.js';
import { FactorVault } from './factor-vault.js';
import { Freshness } from './freshness.js';

/** The challenge of an enrolment has the id of the factor that it makes active. */
const PURPOSE = 'mfa_enrollment';

/** Enrols factors: a pending one, and the proof that makes it active. */
@Injectable()
export class Enrollment {
  private readonly pipe = new DtoPipe();

  constructor(
    private readonly rows: FactorRepository,
    private readonly slots: FactorSlots,
    private readonly vault: FactorVault,
    private readonly types: FactorTypes,
    private readonly freshness: Freshness,
    private readonly challenges: Challenges,
    private readonly users: UserStore,
    private readonly recoveryCodes: RecoveryCodes,
    private readonly removal: FactorRemoval,
    private readonly sending: Sending,
    private readonly audit: Audit,
    private readonly clock: Clock,
    @Inject(MFA_OPTIONS) private readonly options: MfaOptions,
  ) {}

  /**
   * Makes a pending factor and asks for the proof of it.
   * @throws Problem `validation_failed`, `insufficient_user_authentication`, `conflict`, `too_many_requests`
   */
  async enroll(caller: Caller, body: Record<string, unknown>): Promise<EnrolledFactorDto> {
    const { type: name, label, ...own } = body;
    const common = await this.pipe.check({ type: name, label }, EnrollFactorDto);
    const type = this.types.find(common.type);
    if (!type || type.backup) throw invalidAt('/type', `type must be one of ${this.types.enrollable().join(', ')}`);
    const input = await this.readInput(type, own);
    await this.freshness.require(caller);
    const { userId, sessionId, origin } = caller;
    const user = await this.users.findById(userId);
    if (!user) throw CommonProblem.notFound();
    const all = await this.rows.findAll(userId);
    // Before a message is spent on it; whether there still is one, the insertion decides.
    this.slots.requireFree(all);
    const others = all.filter((other) => other.type === common.type && other.status !== 'pending');
    const {
      secret,
      destination = null,
      material,
    } = await type.enroll(
      input,
      { ...user, issuer: this.options.productName },
      others.map((other) => this.vault.open(other)),
    );
    const id = randomId();
    const question = await type.ask({ id, userId, secret }, { id, purpose: 'enrollment' });
    const { parcel } = question;
    await this.sending.require(PURPOSE, parcel, origin, { account: userId });
    const factor = await this.slots.fill({
      id,
      userId,
      type: common.type,
      status: 'pending',
      label: common.label ?? destination ?? common.type,
      destination,
      sealed: this.vault.seal({ id, userId }, secret),
      uniqueKey: null,
      preferred: false,
      createdAt: this.clock.now(),
      lastUsedAt: null,
      failures: 0,
      blockedUntil: null,
    });
    this.record('factor.enrolled', caller, factor);
    const asking = { id, purpose: PURPOSE, userId, sessionId, factorId: id };
    const issued = await this.challenges.issue(asking, question, origin);
    const challenge = parcel ? await this.challenges.deliver(issued, parcel, origin) : issued;
    return {
      factor: toFactorDto(factor),
      enrollment: {
        expiresAt: challenge.expiresAt.toISOString(),
        attemptsLeft: MAX_ATTEMPTS,
        ...(challenge.delivery !== null && { delivery: challenge.delivery }),
        ...(question.publicKey && { publicKey: question.publicKey }),
        ...material,
      },
    };
  }

  /**
   * Takes the proof of a pending factor, which is active from then on. The first one becomes the preferred one, and
   * brings the recovery codes.
   * @throws Problem `not_found`, `insufficient_user_authentication`, `challenge_expired`, `invalid_code`, `conflict` when
   * somebody has enrolled the same thing
   */
  async activate(caller: Caller, id: string, answer: Answer): Promise<ActivatedFactorDto> {
    const { userId, sessionId } = caller;
    const challenge = await this.challenges.find({ id, purpose: PURPOSE, userId, sessionId });
    const factor = challenge && (await this.rows.findOne(id, userId));
    if (!challenge || !factor) throw CommonProblem.notFound();
    const enrolled = await this.freshness.require(caller);
    this.challenges.requireOpen(challenge);
    const open = { id, purpose: 'enrollment', kept: challenge.kept } as const;
    const accepted = await this.types.get(factor.type).verify(this.vault.open(factor), open, answer);
    if (!accepted) {
      this.record('factor.activation.failed', caller, factor);
      return this.challenges.refuse(challenge);
    }
    // What stood in for factors of before must not stand in for this one.
    if (!enrolled) await this.removal.finish(caller);
    await this.challenges.consume(challenge);
    if (accepted.reached) this.sending.reached(PURPOSE, accepted.reached);
    const changes = {
      sealed: accepted.secret === undefined ? factor.sealed : this.vault.seal(factor, accepted.secret),
      uniqueKey: accepted.uniqueKey === undefined ? null : this.vault.hashUniqueKey(factor.type, accepted.uniqueKey),
      preferred: !enrolled,
      lastUsedAt: this.clock.now(),
    };
    const first = enrolled ? null : this.rows.whileNoneBut(userId, this.types.backups());
    const outcome = await this.rows.activate(factor, changes, first);
    if (outcome === 'taken') throw MfaProblem.conflict({ detail: 'This is enrolled already.' });
    if (outcome === 'lost') {
      // Where another became the first one meanwhile, this one takes what any further factor takes.
      await this.freshness.require(caller);
      throw CommonProblem.notFound();
    }
    this.record('factor.activated', caller, factor);
    const recoveryCodes = enrolled ? null : await this.recoveryCodes.issueFirst(factor, caller);
    return {
      factor: toFactorDto({ ...factor, ...changes, status: 'active' }),
      ...(recoveryCodes && { recoveryCodes }),
    };
  }

  private record(type: AuditEventType, { userId, sessionId, origin }: Caller, factor: Factor): void {
    this.audit.record({ type, userId, sessionId, factorType: factor.type, factorId: factor.id }, origin);
  }

  private async readInput({ enrollmentDto }: FactorType, own: Record<string, unknown>): Promise<object> {
    if (enrollmentDto) return this.pipe.check(own, enrollmentDto);
    const [surplus] = Object.keys(own);
    if (surplus !== undefined) throw invalidAt(pointerTo(surplus), `property ${surplus} should not exist`);
    return {};
  }
}
