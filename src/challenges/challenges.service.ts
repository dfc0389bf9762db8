import { Injectable } from '@nestjs/common';
import type { AuditEventType } from '../audit/audit-event.js';
import { Audit } from '../audit/audit.service.js';
import { Courier } from '../delivery/courier.js';
import type { Letter } from '../delivery/letters.js';
import type { RequestOrigin } from '../http/request-origin.js';
import { Clock } from '../kernel/clock.js';
import { randomId } from '../kernel/secrets.js';
import { SEND_GAP } from '../limits/send-budget.js';
import { Challenge } from './challenge.entity.js';
import { ChallengeProblem } from './challenge-problems.js';
import { type AskedQuestion, ChallengeRepository, MAX_ATTEMPTS } from './challenge.repository.js';

/** How long a question can be answered: at most 10 minutes (NIST SP 800-63B-4 3.1.3.2, ASVS 6.5.5); in milliseconds. */
export const CHALLENGE_TTL = 300_000;

/** What is asked. */
export interface Question {
  /** What the answer will be checked against. */
  readonly kept: string | null;
  /** What has to reach the user first. */
  readonly parcel?: Parcel;
}

export interface Parcel {
  readonly channel: string;
  readonly to: string;
  readonly letter: Letter;
}

/** Whom it is asked, and what for. */
export interface Asking {
  readonly id?: string;
  readonly purpose: string;
  readonly userId?: string;
  readonly sessionId?: string;
  readonly factorId?: string;
  /** What is to be done when it is answered, sealed. */
  readonly sealed?: string;
  /** How long it can be answered, in milliseconds; {@link CHALLENGE_TTL} unless given. For codes at most 10 minutes. */
  readonly ttl?: number;
}

export type ChallengeStatus = 'pending' | 'verified' | 'expired' | 'exhausted';

/**
 * The one engine for everything that is answered with a code. A challenge expires, counts its attempts over all codes
 * sent, and is consumed once, on any number of instances: each step is one conditional UPDATE.
 */
@Injectable()
export class Challenges {
  constructor(
    private readonly rows: ChallengeRepository,
    private readonly courier: Courier,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /** Opens a challenge; the caller then delivers its parcel with {@link deliver}. */
  async issue(asking: Asking, question: Question, origin: RequestOrigin): Promise<Challenge> {
    const challenge: Challenge = {
      id: asking.id ?? randomId(),
      purpose: asking.purpose,
      userId: asking.userId ?? null,
      sessionId: asking.sessionId ?? null,
      factorId: asking.factorId ?? null,
      sealed: asking.sealed ?? null,
      attempts: 0,
      createdAt: this.clock.now(),
      consumedAt: null,
      ...this.asked(question, asking.ttl),
    };
    await this.rows.insert(challenge);
    this.record('challenge.issued', challenge, origin);
    return challenge;
  }

  /**
   * Asks anew, or for another factor: the old code is dead, the attempts used stay used.
   * @throws Problem `challenge_expired` when it was closed, or asked anew by another request, meanwhile
   */
  async reissue(challenge: Challenge, factorId: string | null, question: Question): Promise<Challenge> {
    const changes = { factorId, ...this.asked(question) };
    if (!(await this.rows.replaceQuestion(challenge, changes, this.clock.now()))) throw ChallengeProblem.closed();
    return { ...challenge, ...changes };
  }

  /** Sends what the user needs to answer, and notes it when that failed. */
  async deliver(challenge: Challenge, parcel: Parcel, origin: RequestOrigin): Promise<Challenge> {
    const delivery = await this.courier.deliver(parcel.channel, parcel.to, parcel.letter, origin.requestId);
    this.record(delivery === 'sent' ? 'challenge.sent' : 'challenge.undelivered', challenge, origin);
    return delivery === 'sent' ? challenge : this.undelivered(challenge, null);
  }

  /**
   * Notes that the user did not get what he needs to answer.
   * @param resendAt from when on he may ask for it again; null for at once
   */
  async undelivered(challenge: Challenge, resendAt: Date | null): Promise<Challenge> {
    await this.rows.markUndelivered(challenge, resendAt);
    return { ...challenge, delivery: 'failed', resendAt };
  }

  /** The challenge of that id, if it is for that purpose and theirs. */
  find(which: { id: string; purpose: string; userId?: string; sessionId?: string }): Promise<Challenge | null> {
    return this.rows.find(which);
  }

  statusOf({ consumedAt, attempts, expiresAt }: Challenge): ChallengeStatus {
    if (consumedAt) return 'verified';
    if (attempts >= MAX_ATTEMPTS) return 'exhausted';
    return expiresAt <= this.clock.now() ? 'expired' : 'pending';
  }

  /** @throws Problem `challenge_expired` when it takes no more answers */
  requireOpen(challenge: Challenge): void {
    if (this.statusOf(challenge) !== 'pending') throw ChallengeProblem.closed();
  }

  /**
   * Takes a right answer, from one caller only.
   * @throws Problem `challenge_expired` when it was closed, used, or asked anew meanwhile
   */
  async consume(challenge: Challenge): Promise<void> {
    if (!(await this.rows.consume(challenge, this.clock.now()))) throw ChallengeProblem.closed();
  }

  /**
   * Takes a wrong answer: one attempt less.
   * @throws Problem `invalid_code`, or `challenge_expired` when it was closed meanwhile
   */
  async refuse(challenge: Challenge): Promise<never> {
    const attemptsLeft = await this.rows.spendAttempt(challenge.id, this.clock.now());
    throw attemptsLeft === null ? ChallengeProblem.closed() : ChallengeProblem.wrongCode({ attemptsLeft });
  }

  /** Closes what is still open of one purpose of a user, so that an answer that is under way is worth nothing. */
  async withdraw(purpose: string, userId: string): Promise<void> {
    await this.rows.expireAll(purpose, userId, this.clock.now());
  }

  private record(
    type: AuditEventType,
    { purpose, userId, sessionId, factorId }: Challenge,
    origin: RequestOrigin,
  ): void {
    this.audit.record(
      {
        type,
        ...(userId !== null && { userId }),
        ...(sessionId !== null && { sessionId }),
        ...(factorId !== null && { factorId }),
        detail: { purpose },
      },
      origin,
    );
  }

  private asked({ kept, parcel }: Question, ttl = CHALLENGE_TTL): Omit<AskedQuestion, 'factorId'> {
    return {
      kept,
      // Written as sent: a failure, the rare case, is noted afterwards.
      delivery: parcel ? 'sent' : null,
      resendAt: parcel ? this.clock.in(SEND_GAP) : null,
      expiresAt: this.clock.in(ttl),
    };
  }
}
