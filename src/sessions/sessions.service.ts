import { Inject, Injectable } from '@nestjs/common';
import { Audit } from '../audit/audit.service.js';
import type { Provided } from '../database/provided.js';
import { Clock } from '../kernel/clock.js';
import { randomId, Secrets } from '../kernel/secrets.js';
import type { Assurance, AssuranceLevel } from '../tokens/assurance.js';
import type { Principal } from '../tokens/principal.js';
import type { RequestOrigin } from '../http/request-origin.js';
import { TokenProblem } from '../http/token-problems.js';
import { type Grant, Grants } from './grants.js';
import { digest, firstRefreshToken } from './refresh-token.js';
import { Revocations } from './revocations.js';
import type { SessionRow } from './session.entity.js';
import { SessionRepository } from './session.repository.js';
import { SESSIONS_OPTIONS, type SessionsOptions } from './sessions.options.js';

/** A second factor that was proved: what it adds to the session's assurance. */
export interface ProvedFactor {
  readonly id: string;
  readonly type: string;
  readonly acr: AssuranceLevel;
  readonly amr: readonly string[];
}

/** With when it is over unless it is refreshed before. */
export type ListedSession = SessionRow & { readonly endsAt: Date };

const PASSWORD = 'pwd';

/** Sessions: one row for each sign-in, from which access tokens are issued. */
@Injectable()
export class Sessions {
  constructor(
    private readonly rows: SessionRepository,
    private readonly grants: Grants,
    private readonly revocations: Revocations,
    private readonly audit: Audit,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    @Inject(SESSIONS_OPTIONS) private readonly options: SessionsOptions,
  ) {}

  /**
   * Opens a session for a user who has just proved himself.
   * @param proved the factor, when it was one that proves two things at once
   * @param provided what must still hold: an end of all his sessions does not reach one that comes after it
   * @returns null when it does not hold
   */
  async open(
    userId: string,
    { acr, amr }: Pick<Assurance, 'acr' | 'amr'>,
    origin: RequestOrigin,
    { proved, provided = null }: { proved?: Pick<ProvedFactor, 'id' | 'type'>; provided?: Provided | null } = {},
  ): Promise<Grant | null> {
    const now = this.clock.now();
    const id = randomId();
    const refresh = firstRefreshToken(id, this.secrets);
    const row: SessionRow = {
      id,
      userId,
      device: origin.device,
      ip: origin.ip,
      authTime: now,
      acr,
      amr: amr.join(' '),
      mfaAt: proved ? now : null,
      mfaFactor: proved?.type ?? null,
      mfaFactorId: proved?.id ?? null,
      openedBy: proved?.id ?? null,
      epoch: 0,
      refreshHash: digest(refresh),
      refreshGeneration: 0,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: this.clock.in(this.options.ttl),
      revokedAt: null,
      endedAt: null,
      endReason: null,
    };
    return (await this.rows.insert(row, provided)) ? this.grants.of(row, refresh) : null;
  }

  /**
   * Adds a proved second factor. The access and refresh tokens that the session had until now are dead (ASVS 7.2.4).
   * The session's row is not read: what is needed of it stands in the token, as long as its epoch is the session's.
   * @param provided what must still hold
   * @returns null when it does not hold
   * @throws Problem `invalid_token` when the session has ended or moved on meanwhile
   */
  async upgrade(principal: Principal, proved: ProvedFactor, provided: Provided | null = null): Promise<Grant | null> {
    const { sessionId: id, userId, epoch, authTime } = principal;
    const now = this.clock.now();
    const refresh = firstRefreshToken(id, this.secrets);
    const changes = {
      acr: proved.acr,
      amr: [...new Set([...firstMethods(principal.amr), ...proved.amr, 'mfa'])].join(' '),
      mfaAt: now,
      mfaFactor: proved.type,
      mfaFactorId: proved.id,
      epoch: epoch + 1,
      refreshHash: digest(refresh),
      refreshGeneration: 0,
      lastUsedAt: now,
      revokedAt: now,
    };
    if (!(await this.rows.advance(id, epoch, changes, provided))) {
      const row = await this.rows.find(id);
      if (row && row.endedAt === null && row.epoch === epoch) return null;
      throw TokenProblem.invalidToken();
    }
    this.revocations.killBefore(id, epoch + 1);
    const expiresAt = new Date(authTime.getTime() + this.options.ttl);
    return this.grants.of({ id, userId, authTime, expiresAt, ...changes }, refresh);
  }

  /**
   * Takes the MFA claim away from every session that has it by that factor; the tokens that carry it are dead. A session
   * that was opened by the factor alone ends, whatever was proved in it later.
   */
  async withdrawFactor(userId: string, factorId: string, origin: RequestOrigin): Promise<void> {
    const passwordOnly = { acr: 'aal1', amr: PASSWORD, mfaAt: null, mfaFactor: null, mfaFactorId: null };
    for (;;) {
      const now = this.clock.now();
      const sessions = await this.rows.findRestingOn(userId, factorId);
      if (sessions.length === 0) return;
      for (const row of sessions) {
        const { id, epoch } = row;
        if (!firstMethods(row.amr.split(' ')).includes(PASSWORD)) {
          await this.end(id, userId, 'factor_removed', origin);
          continue;
        }
        const withdrawn = await this.rows.advance(id, epoch, { ...passwordOnly, epoch: epoch + 1, revokedAt: now });
        if (withdrawn) this.revocations.killBefore(id, epoch + 1);
        // Else it has moved on since it was read, perhaps by the same factor once more: look again.
      }
    }
  }

  /** Ends one session of the user. @returns whether it was alive, and his */
  async end(id: string, userId: string, reason: string, origin: RequestOrigin): Promise<boolean> {
    const ended = await this.rows.end(id, userId, reason, this.clock.now());
    if (ended) this.tell(id, userId, reason, origin);
    return ended;
  }

  /** Ends all of the user's sessions, except one if given. */
  async endAll(userId: string, reason: string, origin: RequestOrigin, exceptId?: string): Promise<void> {
    const ended = (await this.rows.findAlive(userId, this.clock.now())).filter(({ id }) => id !== exceptId);
    // One statement for them all, and for any that was opened meanwhile: the revocation feed tells of that one.
    await this.rows.endAll(userId, reason, this.clock.now(), exceptId);
    for (const { id } of ended) this.tell(id, userId, reason, origin);
  }

  /** The user's sessions that can still be used, last used first. */
  async list(userId: string): Promise<ListedSession[]> {
    const rows = await this.rows.findAlive(userId, this.clock.now());
    const listed = rows.map((row) => ({ ...row, endsAt: this.grants.endOf(row) }));
    return listed.filter(({ endsAt }) => endsAt > this.clock.now());
  }

  /** What holds as long as the session has not ended: for what must not be left behind once it has. */
  whileAlive(id: string): Provided {
    return this.rows.whileAlive(id);
  }

  private tell(sessionId: string, userId: string, reason: string, origin: RequestOrigin): void {
    this.revocations.kill(sessionId);
    this.audit.record({ type: 'session.ended', userId, sessionId, detail: { reason } }, origin);
  }
}

/** By what a session was opened: the password, or a factor that can sign in alone. */
function firstMethods(methods: readonly string[]): readonly string[] {
  return methods.includes(PASSWORD) ? [PASSWORD] : methods.filter((method) => method !== 'mfa');
}
